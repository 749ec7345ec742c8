import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert } from './command.ts';
import { failure, file, folder, json, jsonl, model, vectors } from './evaluation.ts';

describe('relbert evaluate mapping', () => {
  const problem = { source: ['king', 'queen'], target: ['man', 'woman'] };
  type Output = {
    results: {
      set: string;
      accuracy: number;
      termAccuracy: number;
      solved: number;
      optimal: boolean;
      mappings: { mapping: string[]; score: number; nodes: number; optimal: boolean }[];
    }[];
  };

  it('names sets of one folder by their files, and counts none twice', async () => {
    const [a, b] = [file('sets/m.jsonl', jsonl(problem)), file('sets/m4.jsonl', jsonl(problem))];
    const words = `vectors:${file('v.txt', vectors)}`;
    const { results } = await json<Output>('evaluate', 'mapping', '--data', a, b, '--model', words);
    expect(results.map(({ set }) => set)).toEqual([a, b]);
    const twice = await relbert(['evaluate', 'mapping', '--data', a, b, a, '--model', words]);
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining(`${a} is given twice and would count twice`),
    ]);
    const inFolder = file('alone/test.jsonl', jsonl(problem));
    const args = ['evaluate', 'mapping', '--data', dirname(inFolder), '--model', words, '--predictions', inFolder];
    expect((await relbert(args)).stderr).toContain(`would replace ${inFolder}, which --data reads`);
  });

  it('maps problems and scientific and creative analogies', async () => {
    const jsonFile = file('turney/test.jsonl', jsonl(problem));
    const scan =
      'target,source,targ_word,src_word,alternatives,analogy_type\nman,king,woman,queen,,science\nman,king,apple,apple,,science\n';
    const csv = file('scan/scan.csv', scan);
    const words = `vectors:${file('v.txt', vectors)}`;
    const predictions = join(folder, 'mappings.jsonl');
    const output = await json<Output>(
      'evaluate',
      'mapping',
      '--data',
      dirname(jsonFile),
      csv,
      '--model',
      words,
      '--predictions',
      predictions,
    );
    expect(output.results.map(({ set }) => set)).toEqual(['turney', 'scan']);
    expect(output.results[0]).toMatchObject({
      problems: 1,
      terms: 2,
      accuracy: 1,
      termAccuracy: 1,
      solved: 1,
      optimal: true,
    });
    expect(output.results[0]?.mappings[0]?.mapping).toEqual(['man', 'woman']);
    expect(readFileSync(predictions, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    const table = await relbert(['evaluate', 'mapping', '--data', jsonFile, '--model', words, '--problems']);
    expect(table.stdout).toContain('king → man, queen → woman');
  });

  it('marks wrong terms in --problems, and none that an alternative makes right', async () => {
    const rows = ['man,king,woman,queen,prince,science', 'man,king,boy,prince,queen,science'];
    const csv = file(
      'also/scan.csv',
      `target,source,targ_word,src_word,alternatives,analogy_type\n${rows.join('\n')}\n`,
    );
    const words = `vectors:${file('also.txt', 'king 1 0\nqueen 0 1\nprince 3 1\nman 1 0\nwoman 3 1\nboy 0 1\n')}`;
    const args = ['evaluate', 'mapping', '--data', csv, '--model', words];
    const output = await json<Output>(...args);
    expect(output.results[0]?.mappings[0]).toMatchObject({
      mapping: ['man', 'boy', 'woman'],
      right: [true, true, true],
    });
    const { stdout } = await relbert([...args, '--problems']);
    expect(stdout).toContain('king → man, queen → boy, prince → woman');
    expect(stdout).not.toContain('✗');
  });

  /** A problem for which the two objectives have different best mappings. */
  const points: Readonly<Record<string, readonly number[]>> = {
    a: [4, 6],
    b: [1, 1],
    c: [2, 6],
    d: [3, 4],
    p: [1, 4],
    q: [5, 1],
    r: [3, 6],
    s: [4, 1],
  };
  const [source, target] = [[...'abcd'], [...'pqrs']];
  const text = Object.entries(points).map(([word, at]) => `${word} ${at.join(' ')}\n`);
  const disputed = () => [
    ...['--data', file('disputed/test.jsonl', jsonl({ source, target }))],
    ...['--model', `vectors:${file('disputed.txt', text.join(''))}`],
  ];

  /** Of all mappings the best, by cosines of differences of points. */
  function best(objective: string): { mapping: string[]; score: number } {
    const at = (word: string | undefined) => points[word ?? ''] as readonly number[];
    const between = (x?: string, y?: string) => at(y).map((value, d) => value - (at(x)[d] as number));
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, d) => sum + value * (y[d] as number), 0);
    const cosine = (x: number[], y: number[]) =>
      dot(x, y) / (Math.sqrt(dot(x, x) * dot(y, y)) + (objective === 'reference' ? 1e-4 : 0));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const all = target.flatMap((p) => target.flatMap((q) => target.flatMap((r) => target.map((s) => [p, q, r, s]))));
    const scored = all
      .filter((mapping) => new Set(mapping).size === 4)
      .map((mapping) => {
        const likeness = mapping.map((k, i) =>
          mapping.flatMap((l, j) => (j === i ? [] : cosine(between(source[i], source[j]), between(k, l)))),
        );
        return {
          mapping,
          score: mean(likeness.map(objective === 'coherence' ? mean : (values) => Math.max(...values))),
        };
      });
    return scored.reduce((a, b) => (b.score > a.score ? b : a));
  }

  it('maximises the objective that is asked for', async () => {
    for (const [objective, first] of [
      ['coherence', 'r'],
      ['reference', 'q'],
    ] as const) {
      const { mapping, score } = best(objective);
      expect(mapping[0]).toBe(first);
      const output = await json<Output & { objective: string }>(
        ...['evaluate', 'mapping', ...disputed(), '--objective', objective],
      );
      const [found] = output.results[0]?.mappings ?? [];
      expect([output.objective, found?.mapping, found?.optimal]).toEqual([objective, mapping, true]);
      expect(found?.score).toBeCloseTo(score, 6);
    }
  });

  it('gives up the proof after --max-nodes, and says so', async () => {
    const proven = await json<Output>('evaluate', 'mapping', ...disputed(), '--objective', 'reference');
    expect(proven.results[0]?.mappings[0]?.nodes).toBeGreaterThan(1);
    const args = ['evaluate', 'mapping', ...disputed(), '--objective', 'reference', '--max-nodes', '1', '--json'];
    const { code, stdout, stderr } = await relbert(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining('not proven to be the best (--max-nodes)')]);
    const [result] = (JSON.parse(stdout) as Output).results;
    expect([result?.optimal, result?.mappings[0]?.nodes]).toEqual([false, 1]);
    expect([...(result?.mappings[0]?.mapping ?? [])].sort()).toEqual(['p', 'q', 'r', 's']);
  });

  it('names what is wrong with a problem', async () => {
    const unequal = file('unequal/test.jsonl', jsonl(problem, { ...problem, target: ['man', 'woman', 'child'] }));
    expect(await failure('evaluate', 'mapping', '--data', unequal, ...model)).toContain(
      'test.jsonl:2: the sides are unequal: 2 source and 3 target terms',
    );
    const none = file('empty/test.jsonl', '');
    expect(await failure('evaluate', 'mapping', '--data', none, ...model)).toContain('holds no mapping problem');
  });
});
