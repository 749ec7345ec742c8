import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { littleEndianBytes, npyHeader } from '../../src/formats/npy.ts';
import { npyRows } from '../../src/formats/npy-rows.ts';
import { jsonBlocks, npyBlocks, word2vecBlocks } from '../../src/formats/pair-vector-file.ts';
import type { VectorBlock } from '../../src/formats/vector-block.ts';
import { parseVectorFile } from '../../src/formats/vector-file.ts';
import { readPairVectors, readWordVectors } from '../../src/formats/word-vectors.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The same bytes in pieces of a few, as a stream might deliver them. */
function* pieces(all: Uint8Array, size = 3): Generator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const vectors = async (all: Uint8Array, size?: number) =>
  (await collect(parseVectorFile(pieces(all, size), { file: 'v.txt' }))).map(({ key, vector, line }) => [
    key,
    [...vector],
    line,
  ]);

describe('parseVectorFile', () => {
  const expected = (line: number) => [
    ['queen', [1, 0.5], line],
    ['naïve', [-2, 0.25], line + 1],
  ];

  it('reads word2vec and GloVe text, plain and gzip, in any pieces', async () => {
    const glove = bytes('queen 1 0.5\nnaïve -2 2.5e-1\n');
    const word2vec = bytes('2 2\r\nqueen 1 0.5\r\nnaïve -2 .25\r\n');
    for (const size of [1, 3, 1000]) {
      expect(await vectors(glove, size)).toEqual(expected(1));
      expect(await vectors(word2vec, size)).toEqual(expected(2));
      expect(await vectors(gzipSync(glove), size)).toEqual(expected(1));
    }
    expect(await vectors(bytes('queen 1 0.5'))).toEqual([['queen', [1, 0.5], 1]]);
  });

  it('names file and line of what is wrong', async () => {
    await expect(vectors(bytes('a 1 2\nb 1 2 3 x\n'))).rejects.toThrow('v.txt:2: ');
    await expect(vectors(bytes('a 1 2\nb 1\n'))).rejects.toThrow('v.txt:2: ');
    await expect(vectors(bytes('2 3\na 1 2\n'))).rejects.toThrow('v.txt:2: expected a key and 3 values');
    await expect(vectors(bytes('a 1 one\n'))).rejects.toThrow('v.txt:1: value 2 of "a" is no number: "one"');
    await expect(vectors(Uint8Array.of(0x61, 0x20, 0x31, 0x0a, 0xff, 0x20, 0x31, 0x0a))).rejects.toThrow(
      'v.txt:2: not valid UTF-8',
    );
    await expect(vectors(bytes(''))).rejects.toThrow('v.txt: holds no vector');
    await expect(vectors(bytes('10 300\n'))).rejects.toThrow('v.txt: holds no vector');
    const gzip = gzipSync(bytes('a 1 2\n'.repeat(5000)));
    await expect(vectors(gzip.subarray(0, gzip.length - 20), 64)).rejects.toThrow(
      'v.txt: the gzip data is damaged or cut off',
    );
  });

  it('does not hide that the file cannot be read', async () => {
    async function* failing() {
      yield gzipSync(bytes('a 1 2\n'.repeat(5000))).subarray(0, 40);
      throw new Error('disk on fire');
    }
    await expect(collect(parseVectorFile(failing(), { file: 'v.gz' }))).rejects.toThrow('disk on fire');
  });
});

describe('readWordVectors', () => {
  it('looks words up as they are, with underscores, in lower case, and tells what is missing', async () => {
    const file = bytes('the 9 9\nParis 1 0\nparis 5 5\nNew_York 2 0\nberlin 3 0\nlos_angeles 4 0\nberlin 8 8\n');
    const words = await readWordVectors(
      pieces(file),
      ['Paris', 'New York', 'Berlin', 'Los Angeles', 'Atlantis'],
      'v.txt',
    );
    expect(words.dimension).toBe(2);
    expect(['Paris', 'New York', 'Berlin', 'Los Angeles', 'Atlantis'].map((word) => words.get(word)?.[0])).toEqual([
      1,
      2,
      3,
      4,
      undefined,
    ]);
    expect(words.get('the')).toBeUndefined();
  });

  it('knows the dimension where no word was found', async () => {
    expect((await readWordVectors([bytes('a 1 2 3\n')], ['b'], 'v.txt')).dimension).toBe(3);
  });

  it('notes a vector of another length even if it is not wanted for its word', async () => {
    await expect(readWordVectors([bytes('a 1 2 3\nb 1 2\n')], ['b'], 'v.txt')).rejects.toThrow('v.txt:2:');
  });
});

describe('readPairVectors', () => {
  it('finds pairs by their keys', async () => {
    const file = bytes('2 2\nNew_York__Tokyo 1 2\ncat__kitten 3 4\n');
    const pairs = [
      ['New York', 'Tokyo'],
      ['Cat', 'kitten'],
      ['kitten', 'cat'],
    ].map(([head, tail]) => ({ head: head!, tail: tail! }));
    const found = await readPairVectors([file], pairs, 'p.txt');
    expect(pairs.map((pair) => found.get(pair)?.[0])).toEqual([1, 3, undefined]);
  });
});

describe('files of pair vectors', () => {
  const rows = [
    { head: 'New York', tail: 'Tokyo', vector: [1, 2, 3] },
    { head: 'cat', tail: 'kitten', vector: [-1, 0.5, 0] },
  ];
  const flat = (blocks: VectorBlock[]) =>
    blocks.flatMap(({ pairs, data, shape }) =>
      pairs.map((pair, i) => ({ ...pair, vector: [...data.slice(i * shape[1], (i + 1) * shape[1])] })),
    );
  const npy = Buffer.concat([
    npyHeader([2, 3]),
    littleEndianBytes(Float32Array.from(rows.flatMap(({ vector }) => vector))),
  ]);
  const tsv = bytes('New York\tTokyo\ncat\tkitten\n');
  const readNpy = (matrix: Uint8Array, pairs: Uint8Array) =>
    collect(npyBlocks({ chunks: pieces(matrix, 17), file: 'm.npy' }, { chunks: pieces(pairs), file: 'm.pairs.tsv' }));

  it('are read in all three formats', async () => {
    const text = bytes('2 3\nNew_York__Tokyo 1 2 3\ncat__kitten -1 0.5 0\n');
    expect(flat(await collect(word2vecBlocks(pieces(text), 'w.txt')))).toEqual(rows);
    const json = rows.map(({ vector, ...pair }) => JSON.stringify({ ...pair, embedding: vector })).join('\n');
    expect(flat(await collect(jsonBlocks(pieces(bytes(json)), 'j.jsonl')))).toEqual(rows);
    expect(flat(await readNpy(npy, tsv))).toEqual(rows);
  });

  it('come in blocks', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `w${i}__x ${i} 1`).join('\n');
    const blocks = await collect(word2vecBlocks([bytes(lines)], 'w.txt'));
    expect(blocks.map(({ shape }) => shape)).toEqual([
      [4096, 2],
      [904, 2],
    ]);
    const matrix = Buffer.concat([npyHeader([5000, 2]), littleEndianBytes(new Float32Array(10_000).fill(7))]);
    const parts = await collect(npyRows(pieces(matrix, 1000), 'm.npy', 4096));
    expect(parts.map(({ shape }) => shape[0])).toEqual([4096, 904]);
    expect(parts.every(({ data }) => data.every((value) => value === 7))).toBe(true);
  });

  it('of float64 values are rounded', async () => {
    const header = npyHeader([1, 2]);
    const text = new TextDecoder().decode(header).replace('<f4', '<f8');
    const double = Buffer.concat([
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
      new Uint8Array(Float64Array.of(0.1, 2).buffer),
    ]);
    double[0] = 0x93;
    const [block] = await collect(npyRows([double], 'm.npy', 10));
    expect([...(block?.data ?? [])]).toEqual([Math.fround(0.1), 2]);
  });

  it('name what is wrong with them', async () => {
    const json = (text: string) => collect(jsonBlocks([bytes(text)], 'j.jsonl'));
    await expect(json('{"head":"a","tail":"b","embedding":[1]}\n{"head":"a"}\n')).rejects.toThrow(
      'j.jsonl:2: expected {"head"',
    );
    await expect(json('nonsense')).rejects.toThrow('j.jsonl:1: not JSON');
    await expect(json('{"head":"a","tail":"b","embedding":[1,"x"]}')).rejects.toThrow(
      'value 2 of the embedding is no number',
    );
    await expect(
      json('{"head":"a","tail":"b","embedding":[1]}\n{"head":"c","tail":"d","embedding":[1,2]}'),
    ).rejects.toThrow('the vector of ["c","d"] has 2 values, the first one 1');
    await expect(json('')).rejects.toThrow('holds no vector');
    await expect(collect(word2vecBlocks([bytes('cat 1 2\n')], 'w.txt'))).rejects.toThrow(
      'w.txt:1: the key "cat" is none of a word pair',
    );
    await expect(readNpy(npy, bytes('New York\tTokyo\n'))).rejects.toThrow(
      'm.pairs.tsv: has 1 pairs, m.npy has more rows',
    );
    await expect(readNpy(npy, bytes('a\tb\nc\td\ne\tf\n'))).rejects.toThrow(
      'm.pairs.tsv: has more pairs than m.npy has rows (2)',
    );
    await expect(readNpy(npy.subarray(0, npy.length - 5), tsv)).rejects.toThrow(
      'm.npy: is cut off: its header says 2 rows, 1 are there',
    );
    await expect(readNpy(Buffer.concat([npy, npy]), tsv)).rejects.toThrow('m.npy: holds more data');
    await expect(readNpy(bytes('no array'), tsv)).rejects.toThrow('m.npy: not a NumPy array file');
    await expect(readNpy(npy.subarray(0, 60), tsv)).rejects.toThrow('m.npy');
    const line = Buffer.concat([npyHeader([6]), new Uint8Array(24)]);
    await expect(readNpy(line, tsv)).rejects.toThrow('expected a matrix, one row a pair');
  });
});
