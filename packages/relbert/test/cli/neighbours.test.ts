import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relbert, tinyModel } from './command.ts';
import { failure, file, folder, json, jsonl, model } from './evaluation.ts';

describe('relbert neighbours', () => {
  const pairs = () => file('pairs.tsv', 'cat\tdog\nking\tqueen\nsea\tship\ncat\tdog\nking\tqueen\n');
  type Output = {
    results: { model: string | null; queries: { pair: string[]; neighbours: { pair: string[]; score: number }[] }[] }[];
  };

  it('searches the pairs that the package carries', async () => {
    const among = await json<Output>(
      'neighbours',
      'Tokyo:Japan',
      '--among',
      'package/countries',
      '--top',
      '2',
      ...model,
    );
    expect(among.results[0]?.queries[0]?.neighbours).toHaveLength(2);
    expect(await failure('neighbours', 'Tokyo:Japan', '--among', 'package/contries', ...model)).toContain(
      'package/contries: the package carries no such pairs (did you mean countries?); it has package/countries,',
    );
  });

  it('warns of words of the question without a token, not of those it searches', async () => {
    const among = file('food.tsv', 'cat\tdog\nsea\t🍔\n');
    const { code, stderr } = await relbert(['neighbours', 'cat:🍕', '--among', among, ...model]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/no token for all or a part of 🍕:/)]);
  });

  it('gives further columns beside, among pairs, their vectors and an index', async () => {
    const table = file('ids.tsv', 'head\ttail\tid\tscore\nking\tqueen\tk1\t9\nsea\tship\ts1\t8\n');
    const index = join(folder, 'ids-index');
    const vectors = join(folder, 'ids.jsonl');
    expect((await relbert(['index', 'build', index, '--pairs', table, ...model])).code).toBe(0);
    expect((await relbert(['embed', '--pairs', table, '--output', vectors, ...model])).code).toBe(0);
    for (const among of [[table, ...model], [index], [vectors, ...model]]) {
      const { stdout, stderr } = await relbert(['neighbours', 'king:queen', '--among', ...among, '--json']);
      expect(stderr).toContain('the column score is called input_score in the output');
      expect((JSON.parse(stdout) as Output).results[0]?.queries[0]?.neighbours).toEqual([
        { pair: ['sea', 'ship'], score: expect.any(Number), id: 's1', input_score: '8' },
      ]);
    }
    const { stdout } = await relbert(['index', 'search', 'king:queen', '--index', index, '--json']);
    expect(JSON.parse(stdout).results[0].neighbours[0]).toMatchObject({ id: 's1', input_score: '8', head: 'sea' });
  });

  it('refuses vectors that are not finite, naming the row, and reads the binary format', async () => {
    const output = join(folder, 'e.bin');
    expect((await relbert(['embed', '--pairs', pairs(), ...model, '--output', output])).code).toBe(0);
    const stored = await json<Output>('neighbours', 'cat:dog', '--among', output);
    expect(stored.results[0]?.queries[0]?.neighbours).toHaveLength(2);
    const poisoned = file(
      'nan.jsonl',
      '{"head":"cat","tail":"dog","embedding":[1,2]}\n{"head":"a","tail":"b","embedding":[0,0]}\n',
    );
    expect(await failure('neighbours', 'cat:dog', '--among', poisoned)).toContain(
      `${poisoned}:2: the vector of ["a","b"]: all values are 0`,
    );
  });

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

  it('reads back a .npy whose first pair looks like the names of columns', async () => {
    const output = join(folder, 'names.npy');
    const pairs = ['subject:object', 'hot:cold', 'head:tail'];
    expect((await relbert(['embed', ...pairs, ...model, '--output', output])).code).toBe(0);
    const { results } = await json<Output>('neighbours', 'hot:cold', 'subject:object', '--among', output);
    const found = results[0]?.queries.map(({ neighbours }) => neighbours.map(({ pair }) => pair.join(':')).sort());
    expect(found).toEqual([
      ['head:tail', 'subject:object'],
      ['head:tail', 'hot:cold'],
    ]);
  });

  it('reads back words of a .npy with the spaces around them', async () => {
    const output = join(folder, 'spaces.npy');
    expect((await relbert(['embed', '[" hot","cold "]', 'hot:cold', ...model, '--output', output])).code).toBe(0);
    const { results } = await json<Output>('neighbours', '[" hot","cold "]', '--among', output);
    expect(results[0]?.queries[0]?.neighbours.map(({ pair }) => pair)).toEqual([['hot', 'cold']]);
  });

  it('finds the same in an index, with the model that the index records', async () => {
    const among = file('columns.tsv', 'head\ttail\tid\ncat\tdog\t1\nking\tqueen\t2\nsea\tship\t3\nking\tqueen\t4\n');
    const index = join(folder, 'index');
    expect((await relbert(['index', 'build', index, '--pairs', among, ...model])).code).toBe(0);
    const queries = ['cat:dog', 'moon:sky'];
    const right = (await json<Output>('neighbours', ...queries, '--among', pairs(), ...model)).results;
    for (const flags of [[], model]) {
      const { results } = await json<Output>('neighbours', ...queries, '--among', index, ...flags);
      expect(results.map((result) => result.model)).toEqual([tinyModel]);
      expect(results[0]?.queries.map(({ neighbours }) => neighbours.length)).toEqual([2, 3]);
      for (const [q, { neighbours }] of (results[0]?.queries ?? []).entries()) {
        const expected = right[0]?.queries[q]?.neighbours ?? [];
        expect(neighbours.map(({ pair }) => pair)).toEqual(expected.map(({ pair }) => pair));
        for (const [i, { score }] of neighbours.entries()) expect(score).toBeCloseTo(expected[i]?.score ?? 0, 3);
      }
    }
    const top = await json<Output>('neighbours', 'moon:sky', '--among', index, '--top', '3');
    expect(top.results[0]?.queries[0]?.neighbours).toHaveLength(3);
    expect(await failure('neighbours', 'cat:dog', '--among', index, '--pooling', 'cls')).toContain('another pooling');
    expect(await failure('neighbours', 'cat:dog', '--among', index, '--model', 'embedded')).toContain('other weights');
    expect(await failure('neighbours', 'cat:dog', '--among', folder)).toContain('is a folder without an index');
    const two = await relbert(['neighbours', 'cat:dog', '--among', index, '--model', 'a', '--model', 'b']);
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('holds the vectors of one model')]);
  });

  it('knows vectors whatever the words, and however long the line', async () => {
    const output = join(folder, 'bracket.jsonl');
    expect((await relbert(['embed', '["[x]","y"]', 'c:d', ...model, '--output', output])).code).toBe(0);
    const long = file(
      'long.jsonl',
      jsonl(
        { head: '[x]', tail: 'y', note: 'y'.repeat(200_000), embedding: [1, 0] },
        { head: 'c', tail: 'd', embedding: [1, 1] },
      ),
    );
    for (const among of [output, long]) {
      expect((await json<Output>('neighbours', 'c:d', '--among', among)).results[0]?.model).toBeNull();
    }
    // A word that only says "embedding" is a pair's.
    const pair = file('word.jsonl', jsonl({ head: 'a', tail: '"embedding":[' }));
    expect((await json<Output>('neighbours', 'c:d', '--among', pair, ...model)).results[0]?.model).toBe(tinyModel);
  });

  it('refuses options that change nothing among vectors', async () => {
    const vectors = file(
      'two.jsonl',
      jsonl({ head: 'a', tail: 'b', embedding: [1, 2] }, { head: 'c', tail: 'd', embedding: [2, 1] }),
    );
    for (const flags of [
      ['--template', 'a'],
      ['--pooling', 'cls'],
      ['--max-length', '9'],
      ['--batch-tokens', '99'],
      ['--normalize'],
    ]) {
      const { code, stdout, stderr } = await relbert(['neighbours', 'a:b', '--among', vectors, ...flags]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`${flags[0]} is for language models; ${vectors} holds vectors already`);
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
    const zipped = await relbert(['neighbours', 'cat:dog', '--among', file('zipped.npy.gz', 'x')]);
    expect([zipped.code, zipped.stderr]).toEqual([2, expect.stringContaining('unpack it beside its .pairs.tsv')]);
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
