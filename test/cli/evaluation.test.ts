import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCommand, relbert, tinyModel } from './built-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-evaluation-'));
const model = ['--model', tinyModel, '--template', '<subj> <mask> <obj>', '--threads', '1'];
beforeAll(builtCommand, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file of the temporary folder and gives its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
const jsonl = (...lines: unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
/** Runs a command that must fail and gives what it said. */
async function failure(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await relbert(args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).not.toContain('    at ');
  return stderr;
}
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await relbert([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

const vectors = 'king 1 1\nqueen 1 2\nman 4 1\nwoman 4 2\napple 7 0\n';
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
    const words = file('similar.txt', 'stem 1 1\nmets 1 2\nfrom 0 0\nlike 0 5\nnear 0.5 1\nlong 9 6\n');
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
    expect(output.results[0]?.test.macroF1).toBeGreaterThan(0);
    const lines = readFileSync(predictions, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(15);
    expect(Object.keys(JSON.parse(lines[0] as string) as object)).toEqual([
      'set',
      'head',
      'tail',
      'relation',
      'predicted',
      'correct',
    ]);
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
    const { code, stdout, stderr } = await relbert([
      'evaluate',
      'classification',
      '--data',
      whole(),
      '--model',
      `vectors:${words}`,
      '--features',
      'diff+dot',
      '--pair-vectors',
      pairs,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('pairs have no vector in --pair-vectors');
    expect(stdout).toMatch(/BLESS +\d+\.\d +\d+\.\d +\d+\.\d +100 +0\.001/);
    expect(stdout).toContain('→ mero');
    const wrong = await relbert([
      'evaluate',
      'classification',
      '--data',
      whole(),
      '--model',
      `vectors:${words}`,
      '--features',
      'both',
    ]);
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
    expect(await run('empty', { train: rows(6), test: '' })).toContain('test.tsv: holds no pair');
    expect(await failure('evaluate', 'classification', '--data', join(folder, 'nothing'))).toContain(
      'there is no such folder',
    );
  });
});

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

  /** A problem for which the two objectives have different best mappings, found by trying all of them. */
  const disputed = () => [
    ...['--data', file('disputed/test.jsonl', jsonl({ source: ['a', 'b', 'c', 'd'], target: ['p', 'q', 'r', 's'] }))],
    ...['--model', `vectors:${file('disputed.txt', 'a 3 5\nb 0 0\nc 1 5\nd 2 3\np 0 3\nq 4 0\nr 2 5\ns 3 0\n')}`],
  ];

  it('maximises the objective that is asked for', async () => {
    const best = {
      coherence: { mapping: ['r', 's', 'p', 'q'], score: 0.6858730461 },
      reference: { mapping: ['q', 'p', 's', 'r'], score: 0.9902605315 },
    };
    for (const [objective, { mapping, score }] of Object.entries(best)) {
      const output = await json<Output & { objective: string }>(
        ...['evaluate', 'mapping', ...disputed(), '--objective', objective],
      );
      const [found] = output.results[0]?.mappings ?? [];
      expect([output.objective, found?.mapping, found?.optimal]).toEqual([objective, mapping, true]);
      expect(found?.score).toBeCloseTo(score, 8);
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

describe('relbert neighbours', () => {
  const pairs = () => file('pairs.tsv', 'cat\tdog\nking\tqueen\nsea\tship\ncat\tdog\nking\tqueen\n');
  type Output = {
    results: { model: string | null; queries: { pair: string[]; neighbours: { pair: string[]; score: number }[] }[] }[];
  };

  it('finds the same among pairs and among their vectors in every format', async () => {
    const among = await json<Output>('neighbours', 'cat:dog', '--among', pairs(), ...model);
    const found = among.results[0]?.queries[0]?.neighbours ?? [];
    expect(found.map(({ pair }) => pair.join(':')).sort()).toEqual(['king:queen', 'sea:ship']);
    for (const [format, name] of [
      ['jsonl', 'e.jsonl'],
      ['npy', 'e.npy'],
      ['word2vec', 'e.vec'],
    ] as const) {
      const output = join(folder, name);
      expect(
        (await relbert(['embed', '--pairs', pairs(), ...model, '--format', format, '--output', output])).code,
      ).toBe(0);
      const stored = await json<Output>('neighbours', 'cat:dog', '--among', output, '--top', '5');
      expect(stored.results[0]?.model).toBeNull();
      const neighbours = stored.results[0]?.queries[0]?.neighbours ?? [];
      expect(neighbours.map(({ pair }) => pair)).toEqual(found.map(({ pair }) => pair));
      for (const [i, { score }] of neighbours.entries()) expect(score).toBeCloseTo(found[i]?.score ?? 0, 5);
      // A pair that is not in the file needs the model.
      expect(await failure('neighbours', 'a:b', '--among', output)).toContain(
        'has no vector of ["a","b"]; name the model',
      );
      const made = await json<Output>('neighbours', 'a:b', '--among', output, ...model, '--top', '1');
      expect(made.results[0]?.queries[0]?.neighbours).toHaveLength(1);
    }
  });

  it('puts two models side by side', async () => {
    const args = [
      'neighbours',
      'cat:dog',
      'sea:ship',
      '--among',
      pairs(),
      ...model,
      '--model',
      tinyModel,
      '--top',
      '1',
    ];
    const output = await json<Output>(...args);
    expect(output.results.map((own) => own.model)).toEqual([tinyModel, tinyModel]);
    expect(output.results[0]?.queries).toEqual(output.results[1]?.queries);
    const { stdout } = await relbert(args);
    expect(stdout.split('\n').filter((line) => line.includes(tinyModel))).toHaveLength(2);
  });

  it('names what is wrong', async () => {
    expect(await failure('neighbours', 'cat:dog', '--among', join(folder, 'none.tsv'))).toContain(
      'there is no such file',
    );
    expect(await failure('neighbours', 'cat:dog', '--among', file('none.tsv', ''), ...model)).toContain(
      'holds no pair',
    );
    const short = file('short.vec', 'cat__dog 1 2\nking__queen 1\n');
    expect(await failure('neighbours', 'cat:dog', '--among', short)).toContain('short.vec:2:');
    const lone = file('lone.npy', 'x');
    expect(await failure('neighbours', 'cat:dog', '--among', lone)).toContain(
      'its pairs are missing; expected them in',
    );
    const { code } = await relbert(['neighbours', 'cat:dog']);
    expect(code).toBe(2);
    const line = ['neighbours', 'cat:dog', '--among', '-', ...model];
    const twice = await relbert([...line, '--model', tinyModel], { input: 'sea\tship\n' });
    expect([twice.code, twice.stdout, twice.stderr]).toEqual([2, '', expect.stringContaining('can be read once')]);
    const once = await relbert([...line, '--json'], { input: 'sea\tship\n' });
    expect((JSON.parse(once.stdout) as Output).results[0]?.queries[0]?.neighbours).toMatchObject([
      { pair: ['sea', 'ship'] },
    ]);
  });
});
