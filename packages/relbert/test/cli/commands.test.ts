import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cosine } from '../../src/encoder/embeddings.ts';
import { manualTemplates } from '../../src/prompt/template.ts';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-commands-'));
const model = ['--model', tinyModel, '--template', 'a', '--pooling', 'difference', '--threads', '1'];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Cosine of the embeddings that `relbert embed` gives. */
async function cosines(stem: string, others: readonly string[]): Promise<number[]> {
  const { stdout } = await relbert(['embed', ...model, stem, ...others]);
  const [query, ...vectors] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => Float32Array.from((JSON.parse(line) as { embedding: number[] }).embedding));
  return vectors.map((vector) => cosine(query as Float32Array, vector));
}

describe('relbert similarity', () => {
  it('prints the cosine', async () => {
    const [expected] = await cosines('cat:dog', ['king:hand']);
    const plain = await relbert(['similarity', ...model, 'cat:dog', 'king:hand']);
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    expect(Number(plain.stdout)).toBeCloseTo(expected as number, 5);
    const json = await relbert(['similarity', ...model, 'cat:dog', '{"head":"king","tail":"hand"}', '--json']);
    const { pairs, similarity } = JSON.parse(json.stdout) as { pairs: unknown; similarity: number };
    expect(pairs).toEqual([
      ['cat', 'dog'],
      ['king', 'hand'],
    ]);
    expect(similarity).toBeCloseTo(expected as number, 5);
    expect(json.stdout.trimEnd()).not.toContain('\n');
  });

  it('warns of words without a token, which are all the same to the model', async () => {
    const { code, stdout, stderr } = await relbert(['similarity', ...model, 'cat:🍕', 'cat:🚲']);
    expect([code, stdout]).toEqual([0, '1.000000\n']);
    expect(stderr).toBe('warning: the model has no token for all or a part of 🍕, 🚲: to it such words are the same\n');
  });
});

describe('relbert analogy', () => {
  const choices = ['king:hand', 'sea:ship', 'a:b'];

  it('ranks the choices, best first', async () => {
    const scores = await cosines('cat:dog', choices);
    const { code, stdout, stderr } = await relbert(['analogy', ...model, 'cat:dog', ...choices, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const { stem, ranking } = JSON.parse(stdout) as { stem: unknown; ranking: { pair: string[]; score: number }[] };
    expect(stem).toEqual(['cat', 'dog']);
    const order = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
    expect(ranking.map(({ pair }) => pair.join(':'))).toEqual(order.map((i) => choices[i]));
    for (const [i, { score }] of ranking.entries()) expect(score).toBeCloseTo(scores[order[i] as number] as number, 5);

    const table = await relbert(['analogy', ...model, 'cat:dog', ...choices]);
    expect(table.stdout.split('\n')[1]).toMatch(
      new RegExp(`^1 +${ranking[0]?.pair.join(':')} +${ranking[0]?.score.toFixed(4)}$`),
    );
    expect(table.stdout).not.toContain('\x1b');
  });
});

describe('relbert info', () => {
  it('says what the model is', async () => {
    const { code, stdout } = await relbert(['info', '--model', tinyModel]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^architecture +bert, 2 layers of 24/m);
    expect(stdout).toContain(manualTemplates.a);
    const json = await relbert(['info', '--model', tinyModel, '--pooling', 'average+difference', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      model: tinyModel,
      origin: tinyModel,
      architecture: 'bert',
      pooling: 'average+difference',
      dimension: 48,
      maxLength: 64,
      dtype: 'f32',
      promptFrom: 'default',
    });
  });
});

describe('a checkpoint that cannot be used', () => {
  const checkpoint = (name: string, change: (path: string) => void): string => {
    const path = join(folder, name);
    cpSync(tinyModel, path, { recursive: true });
    change(path);
    return path;
  };
  const cases: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ['no config', (path) => rmSync(join(path, 'config.json')), /config\.json/],
    ['no weights', (path) => rmSync(join(path, 'model.safetensors')), /model\.safetensors/],
    [
      'garbage for weights',
      (path) => writeFileSync(join(path, 'model.safetensors'), 'garbage!'.repeat(99)),
      /safetensors/,
    ],
    ['empty weights', (path) => writeFileSync(join(path, 'model.safetensors'), ''), /safetensors/],
    ['no tokenizer', (path) => rmSync(join(path, 'tokenizer.json')), /tokenizer/],
    [
      'another architecture',
      (path) => writeFileSync(join(path, 'config.json'), '{"model_type":"gpt2"}'),
      /gpt2[\s\S]*bert/,
    ],
  ];

  it.each(cases)('%s: exit code 1, one line, no stack', async (name, change, message) => {
    const { code, stdout, stderr } = await relbert(['info', '--model', checkpoint(name, change)]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^\s+at |defect/m);
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe('relbert evaluate analogy', () => {
  interface Question {
    readonly stem: readonly string[];
    readonly choice: readonly (readonly string[])[];
    readonly answer: number;
  }
  const questions: Question[] = [
    {
      stem: ['cat', 'dog'],
      choice: [
        ['king', 'queen'],
        ['sea', 'ship'],
        ['dog', 'cat'],
      ],
      answer: 0,
    },
    {
      stem: ['word', 'language'],
      choice: [
        ['paint', 'portrait'],
        ['note', 'music'],
      ],
      answer: 1,
    },
    {
      stem: ['sea', 'ship'],
      choice: [
        ['king', 'queen'],
        ['cat', 'dog'],
        ['a', 'b'],
        ['c', 'd'],
      ],
      answer: 3,
    },
  ];
  const set = (name: string, split: string, content: readonly unknown[] | string): string => {
    mkdirSync(join(folder, name), { recursive: true });
    const text = typeof content === 'string' ? content : content.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(join(folder, name, `${split}.jsonl`), text);
    return join(folder, name);
  };
  const evaluate = (...args: string[]) => relbert(['evaluate', 'analogy', ...model, ...args]);

  it('gives accuracies and predictions', async () => {
    const one = set('one', 'test', questions);
    const two = set('two', 'test', questions.slice(0, 1));
    const predictions = join(folder, 'predictions.jsonl');
    const { code, stdout, stderr } = await evaluate('--data', one, two, '--predictions', predictions, '--json');
    expect([code, stderr]).toEqual([0, '']);

    const expected: { scores: number[]; predicted: number; question: Question }[] = [];
    for (const question of questions) {
      const scores = await cosines(
        question.stem.join(':'),
        question.choice.map((pair) => pair.join(':')),
      );
      expected.push({ scores, predicted: scores.indexOf(Math.max(...scores)), question });
    }
    const right = expected.map(({ predicted, question }) => predicted === question.answer);
    const correct = right.filter(Boolean).length;
    const first = right[0] ? 1 : 0;
    const result = JSON.parse(stdout) as Record<string, unknown>;
    // Others script these names; more figures may follow them.
    expect(Object.keys(result).slice(0, 5)).toEqual(['model', 'pooling', 'template', 'results', 'macroAverage']);
    const [entry] = result['results'] as Record<string, unknown>[];
    expect(Object.keys(entry ?? {}).slice(0, 5)).toEqual(['set', 'split', 'questions', 'correct', 'accuracy']);
    expect(result).toMatchObject({
      model: tinyModel,
      pooling: 'difference',
      template: manualTemplates.a,
      results: [
        { set: 'one', split: 'test', questions: 3, correct, accuracy: correct / 3 },
        { set: 'two', split: 'test', questions: 1, correct: first, accuracy: first },
      ],
      macroAverage: (correct / 3 + first) / 2,
    });

    const lines = readFileSync(predictions, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    for (const [i, line] of lines.entries()) {
      const { scores, predicted, question } = expected[i % 3] as (typeof expected)[number];
      const prediction = JSON.parse(line) as { scores: number[] };
      expect(prediction).toMatchObject({
        set: i < 3 ? 'one' : 'two',
        split: 'test',
        index: i % 3,
        stem: question.stem,
        choices: question.choice,
        predicted,
        answer: question.answer,
        correct: predicted === question.answer,
      });
      for (const [j, score] of scores.entries()) expect(prediction.scores[j]).toBeCloseTo(score, 5);
    }

    const table = await evaluate('--data', one, '--data', two);
    expect(table.stdout).toMatch(new RegExp(`^one +test +3 +${correct} +${((100 * correct) / 3).toFixed(1)}\\b`, 'm'));
    expect(table.stdout).toMatch(/^mean +\d+\.\d\b/m);
  });

  it('takes splits and single files', async () => {
    const path = set('splits', 'test', questions);
    set('splits', 'valid', questions.slice(1));
    const splitsOf = async (...args: string[]) =>
      (
        JSON.parse((await evaluate(...args, '--json')).stdout) as { results: { set: string; split: string }[] }
      ).results.map((result) => `${result.set} ${result.split}`);
    expect(await splitsOf('--data', path, '--split', 'all')).toEqual(['splits valid', 'splits test']);
    expect(await splitsOf('--data', path, '--split', 'valid')).toEqual(['splits valid']);
    expect(await splitsOf('--data', join(path, 'valid.jsonl'))).toEqual(['splits valid']);
  });

  const bad: readonly (readonly [string, string, readonly unknown[] | string, RegExp])[] = [
    [
      'an answer out of range',
      'range',
      [questions[0], { ...questions[1], answer: 2 }],
      /range\/test\.jsonl:2: 'answer'/,
    ],
    ['a pair of three words', 'three', [{ ...questions[0], stem: ['a', 'b', 'c'] }], /three\/test\.jsonl:1: 'stem'/],
    [
      'a choice equal to the stem',
      'equal',
      [{ ...questions[0], stem: ['sea', 'ship'] }],
      /equal\/test\.jsonl:1: choice 1/,
    ],
    ['no JSON', 'json', '{"stem": ["a"', /json\/test\.jsonl:1: not JSON/],
    ['no questions', 'none', '\n', /none\/test\.jsonl: holds no analogy question/],
  ];
  it.each(bad)('refuses %s and leaves no predictions', async (_, name, content, message) => {
    const predictions = join(folder, `${name}.predictions`);
    const { code, stdout, stderr } = await evaluate('--data', set(name, 'test', content), '--predictions', predictions);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([1, '']);
    expect(() => readFileSync(predictions)).toThrow('ENOENT');
  });

  it('says which splits and folders there are', async () => {
    const path = set('nested/u2', 'valid', questions);
    const missing = await evaluate('--data', path);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/u2: has no test\.jsonl; its splits: valid/);
    const above = await evaluate('--data', join(folder, 'nested'));
    expect(above.code).toBe(1);
    expect(above.stderr).toContain(`holds no .jsonl file of analogy questions; try --data ${path}`);
    const nowhere = await evaluate('--data', join(folder, 'nowhere'));
    expect(nowhere.stderr).toContain('nowhere: there is no such file or folder');
  });
});
