import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert } from './command.ts';
import { failure, file, folder, json, model } from './evaluation.ts';

describe('relbert evaluate classification', () => {
  const relations = ['hyper', 'mero', 'random'];
  const rows = (count: number, words = ['cat', 'dog', 'king', 'queen', 'ship']) =>
    Array.from({ length: count }, (_, i) => `${words[i % 5]}\t${words[(2 * i + 1) % 5]}\t${relations[i % 3]}\n`).join(
      '',
    );
  const set = (name: string, splits: Readonly<Record<string, string>>): string => {
    for (const [split, content] of Object.entries(splits)) file(`${name}/${split}.tsv`, content);
    return join(folder, name);
  };
  const whole = () => set('BLESS', { train: rows(60), val: rows(12), test: rows(15) });
  type Output = {
    features: string;
    results: {
      set: string;
      test: { macroF1: number; microF1: number; perClass: Record<string, unknown>; confusion: { labels: string[] } };
      validation: unknown;
      classifier: { hidden: number };
    }[];
  };

  it('scores relation embeddings', async () => {
    const predictions = join(folder, 'relations.jsonl');
    const output = await json<Output>(
      'evaluate',
      'classification',
      '--data',
      whole(),
      ...model,
      '--predictions',
      predictions,
    );
    expect(output.features).toBe('both');
    expect(output.results[0]).toMatchObject({ set: 'BLESS', classifier: { hidden: 100, learningRate: 0.001 } });
    expect(Object.keys(output.results[0]?.test.perClass ?? {})).toEqual(relations);
    const lines = readFileSync(predictions, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(15);
    const answers = lines.map((line) => JSON.parse(line) as { relation: string; predicted: string; correct: boolean });
    const f1 = relations.map((name) => {
      const right = answers.filter(({ relation, correct }) => relation === name && correct).length;
      return (
        (2 * right) /
        answers.flatMap(({ relation, predicted }) => [relation, predicted]).filter((label) => label === name).length
      );
    });
    expect(output.results[0]?.test.macroF1).toBeCloseTo(f1.reduce((sum, value) => sum + value, 0) / 3, 9);
    expect(output.results[0]?.test.microF1).toBeCloseTo(answers.filter(({ correct }) => correct).length / 15, 9);
    expect(Object.keys(answers[0] ?? {})).toEqual(['set', 'head', 'tail', 'relation', 'predicted', 'correct']);
  });

  it('searches the classifier on the validation pairs when asked to', async () => {
    type Searched = Omit<Output, 'results'> & {
      results: {
        validation: { macroF1: number };
        classifier: { hidden: number; learningRate: number };
        search?: { hidden: number; learningRate: number; macroF1: number }[];
      }[];
    };
    const words = ['--model', `vectors:${file('w.txt', 'cat 1 0\ndog 0 1\nking 1 1\nqueen -1 0\nship 0 -1\n')}`];
    const args = ['evaluate', 'classification', '--threads', '1', ...words, '--grid', '--data'];
    const [result] = (await json<Searched>(...args, whole())).results;
    const search = result?.search ?? [];
    expect(search.map(({ learningRate, hidden }) => [learningRate, hidden])).toEqual([
      ...[
        [1e-3, 100],
        [1e-3, 150],
        [1e-3, 200],
      ],
      ...[
        [1e-4, 100],
        [1e-4, 150],
        [1e-4, 200],
      ],
      ...[
        [1e-5, 100],
        [1e-5, 150],
        [1e-5, 200],
      ],
    ]);
    const best = Math.max(...search.map(({ macroF1 }) => macroF1));
    const chosen = search.find(({ macroF1 }) => macroF1 === best);
    expect(result?.validation.macroF1).toBe(best);
    expect(result?.classifier).toMatchObject({ hidden: chosen?.hidden, learningRate: chosen?.learningRate });

    const bare = set('bare', { train: rows(12), test: rows(6) });
    const { code, stdout, stderr } = await relbert([...args, bare, '--json']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('bare has no val.tsv to choose by')]);
    const [unsearched] = (JSON.parse(stdout) as Searched).results;
    expect(unsearched?.search).toBeUndefined();
    expect(unsearched?.classifier).toMatchObject({ hidden: 100, learningRate: 1e-3 });
  });

  it('scores word vectors with pair vectors beside them', async () => {
    const words = file('w.txt', 'cat 1 0\ndog 0 1\nking 1 1\nqueen -1 0\nship 0 -1\n');
    const pairs = file('p.txt', 'cat__dog 1 2 3\n');
    const judge = (...features: string[]) =>
      relbert([
        'evaluate',
        'classification',
        '--data',
        whole(),
        '--model',
        `vectors:${words}`,
        '--features',
        ...features,
      ]);
    const { code, stdout, stderr } = await judge('diff+dot', '--pair-vectors', pairs);
    expect(code).toBe(0);
    expect(stderr).toContain('pairs have no vector in --pair-vectors');
    expect(stdout).toMatch(/BLESS +\d+\.\d +\d+\.\d +\d+\.\d +100 +0\.001/);
    expect(stdout).toContain('→ mero');
    const others = await judge('diff+dot', '--pair-vectors', file('o.txt', 'sun__moon 1 2 3\n'));
    expect([others.code, others.stderr]).toEqual([
      1,
      expect.stringMatching(/o\.txt: has a vector for none of the \d+ pairs, such as '(\w+):(\w+)'; .* as \1__\2/),
    ]);
    const wrong = await judge('both');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('choose cat, cat+dot, diff, diff+dot')]);
  });

  it('names what is wrong with the sets', async () => {
    const run = (name: string, splits: Readonly<Record<string, string>>) =>
      failure('evaluate', 'classification', '--data', set(name, splits), ...model);
    expect(await run('unknown', { train: rows(6), test: 'a\tb\tmero\ncat\tfelid\ttaxon\n' })).toContain(
      "test.tsv:2: relation 'taxon' occurs in no training pair",
    );
    expect(await run('one', { train: 'a\tb\tmero\nc\td\tmero\n', test: 'a\tb\tmero\n' })).toContain(
      "one relation only ('mero')",
    );
    expect(await run('missing', { train: rows(6), tets: rows(6) })).toContain(
      'the split test.tsv is missing (did you mean tets.tsv?)',
    );
    expect(await run('without-pairs', { train: rows(6), test: '' })).toContain('test.tsv: holds no pair');
    expect(await failure('evaluate', 'classification', '--data', join(folder, 'nothing'))).toContain(
      'there is no such folder',
    );
  });
});
