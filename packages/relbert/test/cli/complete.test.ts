import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from './command.ts';
import { failure } from './evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-complete-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];
writeFileSync(path('words.txt'), 'small\n\nqueen\ncold\nsmall\nsea\nbig\n');
writeFileSync(path('questions.txt'), ': gender\nking queen man woman\nking queen boy girl\n');
writeFileSync(
  path('bats.jsonl'),
  '{"stem":["hot","cold"],"answer":0,"choice":[["big","small"],["sea","ship"]],"prefix":"opposite"}\n',
);

describe('relbert complete', () => {
  it('ranks the words of a list for each word, without those of the question', async () => {
    const args = ['complete', 'hot:cold', 'big', 'up', '--vocabulary', path('words.txt'), '--top', '2', ...model];
    const { code, stdout, stderr } = await relbert([...args, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { pair: object; word: string; answers: { word: string; score: number }[] });
    expect(lines.map(({ word }) => word)).toEqual(['big', 'up']);
    expect(lines[0]?.pair).toEqual({ head: 'hot', tail: 'cold' });
    for (const { answers } of lines) {
      expect(answers).toHaveLength(2);
      expect(answers[0]?.score).toBeGreaterThanOrEqual(answers[1]?.score as number);
      for (const { word } of answers) expect(['small', 'queen', 'sea', 'big']).toContain(word);
    }
    expect(lines[0]?.answers.map(({ word }) => word)).not.toContain('big');
    const table = await relbert(args);
    expect(table.stdout).toMatch(/hot:cold = big: +score/);
  });

  it('reads the list from standard input', async () => {
    const args = ['complete', 'hot:cold', 'up', ...model, '--json', '--vocabulary'];
    const listed = await relbert([...args, path('words.txt')]);
    const read = await relbert([...args, '-'], { input: readFileSync(path('words.txt'), 'utf8') });
    expect([read.code, read.stdout]).toEqual([0, listed.stdout]);
    const empty = await relbert([...args, '-'], { input: '' });
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('standard input: holds no word')]);
  });

  it('warns of words of the question without a token', async () => {
    const { code, stderr } = await relbert(['complete', 'hot:cold', '🍕', ...model, '--vocabulary', path('words.txt')]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('no token for all or a part of 🍕:')]);
  });

  it('says what is wrong with the list', async () => {
    writeFileSync(path('empty.txt'), ' \n');
    writeFileSync(path('same.txt'), 'hot\nCold\n');
    const ask = ['complete', 'hot:cold', 'big', ...model, '--vocabulary'];
    expect(await failure(...ask, path('empty.txt'))).toContain('empty.txt: holds no word');
    expect(await failure(...ask, path('same.txt'))).toContain('no word is left that may be an answer');
    expect(await failure(...ask, path('none.txt'))).toContain('none.txt');
    const blank = await relbert(['complete', 'hot:cold', 'big', ' ', ...model]);
    expect([blank.code, blank.stderr]).toEqual([2, 'error: word 2 to complete is blank\n']);
    const few = await relbert([...ask, path('words.txt'), '--top', '20', '--candidates', '5']);
    expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('give --candidates 20 or more')]);
    const csv = await relbert([...ask, path('words.csv')]);
    expect([csv.code, csv.stderr]).toEqual([2, expect.stringContaining('a text file with a word a line, not .csv')]);
    const { code, stderr } = await relbert([...ask, 'package/other']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('package/words')]);
  });
});

describe('relbert evaluate complete', () => {
  it('counts right answers, and those that the list has', async () => {
    writeFileSync(path('vectors.txt'), 'king 1 0 1\nqueen 1 1 1\nman 1 0 0\nwoman 1 1 0\n');
    writeFileSync(path('list.txt'), 'queen\nwoman\nsea\n');
    const args = [
      '--data',
      path('questions.txt'),
      path('bats.jsonl'),
      '--vocabulary',
      path('list.txt'),
      '--vectors',
      path('vectors.txt'),
    ];
    const predictions = ['--predictions', path('predictions.jsonl')];
    const { code, stdout, stderr } = await relbert([
      'evaluate',
      'complete',
      ...args,
      ...predictions,
      ...model,
      '--json',
    ]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: \d words have no vector and make 3CosAdd fail/),
    ]);
    const figures = JSON.parse(stdout) as {
      results: { method: string; accuracy1: number; accuracy5: number }[];
      relations: { relation: string; questions: number }[];
    };
    expect(figures).toMatchObject({ questions: 5, words: 3, inVocabulary: 2 });
    expect(figures.results.map(({ method }) => method)).toEqual(['relbert complete', '3CosAdd']);
    const lines = readFileSync(path('predictions.jsonl'), 'utf8').trim().split('\n');
    interface Answer {
      readonly word: string;
      readonly right: string[];
      readonly found: Record<string, string[]>;
    }
    const answers = lines.map((line) => JSON.parse(line) as Answer);
    expect(answers).toHaveLength(5);
    for (const { method, accuracy1, accuracy5 } of figures.results) {
      const right = (count: number): number =>
        answers.filter(({ right, found }) => found[method]?.slice(0, count).some((word) => right.includes(word)))
          .length;
      expect([accuracy1, accuracy5]).toEqual([right(1) / 5, right(5) / 5]);
    }
    // Each question of gender where all four words have vectors, and no other, has an answer: the right one.
    expect(answers.map(({ word, found }) => [word, found['3CosAdd']])).toEqual([
      ['man', ['woman']],
      ['boy', []],
      ['king', ['queen']],
      ['big', []],
      ['hot', []],
    ]);
    expect(figures.relations.map(({ relation, questions }) => [relation, questions])).toEqual([
      ['gender', 3],
      ['opposite', 2],
    ]);
  });

  it('asks --questions questions of each relation', async () => {
    const words = ['--vocabulary', path('words.txt'), '--questions', '1'];
    const { stdout } = await relbert([
      ...['evaluate', 'complete', '--data', path('questions.txt'), path('bats.jsonl'), ...words, ...model, '--json'],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      questions: 2,
      relations: [
        { relation: 'gender', questions: 1 },
        { relation: 'opposite', questions: 1 },
      ],
    });
  });

  it('goes on after the last answer of a run that was killed', async () => {
    const output = path('run');
    const log = join(output, 'answers.jsonl');
    const words = ['--vocabulary', path('words.txt'), '--output', output];
    const args = ['evaluate', 'complete', '--data', path('questions.txt'), ...words, ...model];
    const whole = await relbert([...args, '--json']);
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(readFileSync(join(output, 'figures.json'), 'utf8')).toBe(whole.stdout);
    expect((await relbert(args)).stderr).toContain('--resume goes on with it');

    // Killed in the middle of the third line; an answer that no model gives shows that it is not asked again.
    const [start = '', first = '', second = ''] = readFileSync(log, 'utf8').split('\n');
    const marked = JSON.stringify({
      ...(JSON.parse(first) as object),
      words: ['queen', 'boy', 'girl', 'man', 'woman'],
    });
    writeFileSync(log, `${start}\n${marked}\n${second.slice(0, 20)}`);
    rmSync(join(output, 'figures.json'));
    const resume = [...args, '--resume'];
    const other = await relbert([...resume, '--candidates', '3']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('candidates: was 1000, now 3')]);
    const rest = await relbert([...resume, '--json', '--predictions', path('rest.jsonl')]);
    expect([rest.code, rest.stderr]).toEqual([0, 'going on after 1 of 3 questions\n']);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines.slice(0, 2)).toEqual([start, marked]);
    expect(lines.slice(2)).toContain(second);
    expect(lines).toHaveLength(4);
    expect(readFileSync(path('rest.jsonl'), 'utf8').split('\n')[0]).toContain('["queen","boy","girl","man","woman"]');

    const alone = await relbert(['evaluate', 'complete', '--data', path('questions.txt'), '--resume']);
    expect([alone.code, alone.stderr]).toEqual([2, 'error: --resume needs the folder: --output DIR\n']);
  });
});
