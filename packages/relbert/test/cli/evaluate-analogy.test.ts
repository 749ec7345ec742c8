import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { relbert } from './command.ts';
import { failure, file, folder, json, jsonl, model, vectors } from './evaluation.ts';

const question = {
  stem: ['man', 'woman'],
  choice: [
    ['apple', 'man'],
    ['king', 'queen'],
  ],
  answer: 1,
  prefix: 'family',
};

describe('relbert evaluate analogy', () => {
  const set = () => file('google/test.jsonl', jsonl(question, { ...question, answer: 0, prefix: 'gram8-plural' }));
  type Output = {
    results: { accuracy: number; interval: { low: number; high: number }; categories: unknown[]; groups: unknown[] }[];
    pooling: unknown;
    missingWords?: string[];
  };

  it('counts no file twice', async () => {
    const { code, stderr } = await relbert([
      'evaluate',
      'analogy',
      '--data',
      set(),
      dirname(set()),
      '--model',
      'random',
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('test.jsonl is given twice and would count twice')]);
  });

  it('judges word vectors, plain and gzip, with intervals, categories and relations', async () => {
    for (const content of [vectors, gzipSync(vectors)]) {
      const output = await json<Output>(
        'evaluate',
        'analogy',
        '--data',
        set(),
        '--model',
        `vectors:${file('v.txt', content)}`,
      );
      expect(output.pooling).toBeNull();
      expect(output.results[0]).toMatchObject({
        accuracy: 0.5,
        interval: { low: 0, high: 1 },
        categories: [
          { category: 'morphological', questions: 1, correct: 0 },
          { category: 'semantic', questions: 1, correct: 1 },
        ],
        groups: [{ group: 'gram8-plural' }, { group: 'family' }],
      });
    }
    const table = await relbert([
      'evaluate',
      'analogy',
      '--data',
      set(),
      '--model',
      `vectors:${file('v.txt', vectors)}`,
      '--groups',
    ]);
    expect(table.stdout).toMatch(/google +test +2 +1 +50\.0 +0\.0 - 100\.0/);
    expect(table.stdout).toMatch(/google +test +semantic +family +1 +1 +100\.0/);
  });

  it('counts both kinds of shared-word questions, of a set and of all', async () => {
    const kinds = (name: string, answers: readonly number[]) =>
      file(
        `${name}/test.jsonl`,
        jsonl(...answers.map((answer, i) => ({ ...question, answer, prefix: `R/${i === 0 ? 'apart' : 'shared'}` }))),
      );
    const args = ['evaluate', 'analogy', '--data', kinds('one', [1, 0]), kinds('two', [1, 1, 0])];
    args.push('--model', `vectors:${file('v.txt', vectors)}`);
    const output = await json<Output & { kinds: unknown }>(...args);
    expect(output.kinds).toEqual({ apart: 1, shared: 0.25 });
    expect(output.results[1]).toMatchObject({
      categories: [
        { category: 'apart', questions: 1, correct: 1, accuracy: 1 },
        { category: 'shared', questions: 2, correct: 1, accuracy: 0.5 },
      ],
      groups: [
        { group: 'R', category: 'apart', questions: 1 },
        { group: 'R', category: 'shared', questions: 2 },
      ],
    });
    const { stdout } = await relbert(args);
    expect(stdout).toMatch(/two +test +shared +2 +1 +50\.0/);
    expect(stdout).toMatch(/mean +apart +100\.0/);
    expect(stdout).toMatch(/mean +shared +25\.0/);
  });

  it('tells which words are missing', async () => {
    const few = file('few.txt', vectors.replace('apple', 'pear'));
    const { code, stdout, stderr } = await relbert([
      'evaluate',
      'analogy',
      '--data',
      set(),
      '--model',
      `vectors:${few}`,
      '--json',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('1 word has no vector and count as zeros in 2 of 2 questions: apple');
    expect((JSON.parse(stdout) as Output).missingWords).toEqual(['apple']);
  });

  /** The scores of the choices of the first question, and the choice that they lead to. */
  async function answer(data: string, ...options: string[]): Promise<{ scores: number[]; predicted: number }> {
    const path = join(folder, 'answers.jsonl');
    const { code, stderr } = await relbert(['evaluate', 'analogy', '--data', data, '--predictions', path, ...options]);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(readFileSync(path, 'utf8').split('\n')[0] as string) as { scores: number[]; predicted: number };
  }

  it('compares by the similarity that is asked for', async () => {
    // Differences: stem (0, 1); the choices (0, 5), the same way; (0.5, 1), the nearest; (9, 6), the longest.
    const words = file('similar.txt', 'stem 1 1\nmets 1 2\nfrom 1 1\nlike 1 6\nnear 1.5 2\nlong 10 7\n');
    const choice = ['like', 'near', 'long'].map((word) => ['from', word]);
    const data = file('similar/test.jsonl', jsonl({ stem: ['stem', 'mets'], choice, answer: 0 }));
    const scoresOf = {
      cosine: [1, 1 / Math.hypot(0.5, 1), 6 / Math.hypot(9, 6)],
      euclidean: [-4, -0.5, -Math.hypot(9, 5)],
      dot: [5, 1, 6],
    };
    for (const [i, [similarity, expected]] of Object.entries(scoresOf).entries()) {
      const { scores, predicted } = await answer(data, '--model', `vectors:${words}`, '--similarity', similarity);
      expect([similarity, predicted]).toEqual([similarity, i]);
      for (const [c, score] of scores.entries()) expect(score).toBeCloseTo(expected[c] as number, 5);
    }
    expect(await answer(data, '--model', `vectors:${words}`)).toMatchObject({ predicted: 0 });
  });

  it('embeds pairs the way round that is asked for', async () => {
    const turned = (pair: readonly string[]) => [...pair].reverse();
    const whole = {
      stem: ['cat', 'dog'],
      choice: [
        ['king', 'sea'],
        ['ship', 'queen'],
        ['moon', 'sun'],
      ],
      answer: 0,
    };
    const data = file('direction/test.jsonl', jsonl(whole));
    const swapped = { ...whole, stem: turned(whole.stem), choice: whole.choice.map(turned) };
    const forward = await answer(data, ...model);
    const reverse = await answer(data, ...model, '--direction', 'reverse');
    const both = await answer(data, ...model, '--direction', 'both');
    const turnedData = await answer(file('turned/test.jsonl', jsonl(swapped)), ...model, '--direction', 'forward');
    for (const [c, score] of both.scores.entries()) {
      const [one, other] = [forward.scores[c] as number, reverse.scores[c] as number];
      expect(Math.abs(one - other)).toBeGreaterThan(1e-3);
      expect(other).toBeCloseTo(turnedData.scores[c] as number, 5);
      expect(score).toBeCloseTo((one + other) / 2, 5);
    }
  });

  it('guesses', async () => {
    const guess = (seed: string) =>
      json<Output>('evaluate', 'analogy', '--data', set(), '--model', 'random', '--seed', seed);
    expect(await guess('3')).toEqual(await guess('3'));
    const { code, stderr } = await relbert(['evaluate', 'analogy', '--data', set(), '--similarity', 'cosin']);
    expect([code, stderr.includes('cosine')]).toEqual([2, true]);
    for (const flags of [['--normalize'], ['--max-length', '3'], ['--batch-tokens', '9'], ['--template', 'a']]) {
      const refused = await relbert(['evaluate', 'analogy', '--data', set(), '--model', 'random', ...flags]);
      const message = `${flags[0]} is for language models; --model random is none`;
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([2, '', expect.stringContaining(message)]);
    }
  });

  it('tells a mistyped split from one that a folder lacks', async () => {
    const split = (name: string) =>
      relbert(['evaluate', 'analogy', '--data', dirname(set()), '--model', 'random', '--split', name]);
    const mistyped = await split('tset');
    expect([mistyped.code, mistyped.stderr]).toEqual([2, expect.stringContaining('did you mean test?')]);
    const lacking = await split('valid');
    expect([lacking.code, lacking.stderr]).toEqual([1, expect.stringContaining('has no valid.jsonl')]);
  });

  it('names what is wrong with questions and vectors', async () => {
    const ask = (content: string, ...options: string[]) =>
      failure('evaluate', 'analogy', '--data', file('wrong/test.jsonl', content), ...options);
    expect(await ask(jsonl({ ...question, answer: 2 }))).toContain(
      "test.jsonl:1: 'answer' should be an index from 0 to 1, got 2",
    );
    expect(
      await ask(
        jsonl(question, {
          ...question,
          choice: [
            ['a', 'b'],
            ['man', 'woman'],
          ],
        }),
      ),
    ).toContain('test.jsonl:2: choice 1 equals the stem');
    expect(await ask('')).toContain('test.jsonl: holds no analogy question');
    const unequal = file('unequal.txt', 'king 1 1\nqueen 1\n');
    expect(await ask(jsonl(question), '--model', `vectors:${unequal}`)).toContain('unequal.txt:2:');
    expect(await ask(jsonl(question), '--model', `vectors:${join(folder, 'none.txt')}`)).toContain(
      'none.txt: there is no such file',
    );
    const wrong = await relbert(['evaluate', 'analogy', '--data', set(), '--model', 'random', '--pooling', 'mask']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--pooling is for language models; --model random is none'),
    ]);
  });
});

describe('relbert evaluate compare', () => {
  it('compares two files of predictions', async () => {
    const data = file('compared/test.jsonl', jsonl(question, question, { ...question, answer: 0 }));
    const predict = async (name: string, ...options: string[]) => {
      const path = join(folder, name);
      expect((await relbert(['evaluate', 'analogy', '--data', data, '--predictions', path, ...options])).code).toBe(0);
      return path;
    };
    const first = await predict('first.jsonl', '--model', `vectors:${file('v.txt', vectors)}`);
    const second = await predict('second.jsonl', '--model', 'random', '--seed', '1');
    const output = await json<{ results: { set: string; questions: number; pValue: number }[] }>(
      'evaluate',
      'compare',
      first,
      second,
    );
    expect(output.results).toMatchObject([{ set: 'compared', questions: 3 }]);
    expect((await relbert(['evaluate', 'compare', first, second])).stdout).toMatch(/compared +test +3 +66\.7/);
    expect(await failure('evaluate', 'compare', first, data)).toContain(
      "test.jsonl:1: 'set' and 'split' should be names",
    );
  });
});
