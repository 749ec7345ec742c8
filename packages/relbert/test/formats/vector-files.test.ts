import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { littleEndianBytes, npyHeader, npyRows } from '../../src/formats/npy.ts';
import { jsonBlocks, npyBlocks, word2vecBlocks } from '../../src/formats/pair-vector-file.ts';
import type { VectorBlock } from '../../src/formats/vector-block.ts';
import { parseVectorFile } from '../../src/formats/vector-file.ts';
import { readPairVectors, readWordVectors } from '../../src/formats/word-vectors.ts';
import { word2vecBytes } from '../../src/formats/word2vec.ts';

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
  (await collect(parseVectorFile(pieces(all, size), { file: 'v.txt' }))).map(({ key, vector, number }) => [
    key,
    [...vector],
    number,
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
    await expect(vectors(bytes('a 1 one\n'))).rejects.toThrow('v.txt:1: value 2 of "a" is not a finite number: "one"');
    await expect(vectors(Uint8Array.of(0x61, 0x20, 0x31, 0x0a, 0xff, 0x20, 0x31, 0x0a))).rejects.toThrow(
      'v.txt:2: not valid UTF-8',
    );
    await expect(vectors(bytes(''))).rejects.toThrow('v.txt: holds no vector');
    await expect(vectors(bytes('a 1 2\nb 0 0\n'))).rejects.toThrow('v.txt:2: "b": all values are 0');
    for (const value of ['nan', 'inf', '1e39']) {
      await expect(vectors(bytes(`a 1 2\nb 1 ${value}\n`))).rejects.toThrow(
        /^v\.txt:2: .*(not a finite number|value 2 is Infinity)/,
      );
    }
    await expect(vectors(bytes('3 1\na 1\nb 2\n'))).rejects.toThrow(
      'v.txt:1: the first line says 3 vectors, the file holds 2',
    );
    await expect(vectors(bytes('1 1\na 1\nb 2\n'))).rejects.toThrow('says 1 vectors, the file holds 2');
    await expect(vectors(bytes('1 2000000\na 1\n'))).rejects.toThrow(
      'v.txt:1: a vector has 1 to 1000000 values, not 2000000',
    );
    await expect(vectors(bytes('10 300\n'))).rejects.toThrow('v.txt: holds no vector');
    const gzip = gzipSync(bytes('a 1 2\n'.repeat(5000)));
    await expect(vectors(gzip.subarray(0, gzip.length - 20), 64)).rejects.toThrow(
      'v.txt: the gzip data is damaged or cut off',
    );
  });

  it.each<[string, readonly number[], string]>([
    ['a zip archive', [0x50, 0x4b, 3, 4, 20, 0], 'is a zip archive'],
    ["gensim's own format", [0x80, 0x04, 0x95, 9, 3, 0], 'is a Python pickle'],
    ['a NumPy array', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0], 'is a NumPy array'],
    ['Parquet', [0x50, 0x41, 0x52, 0x31], 'is a Parquet file'],
    ['a page', [...bytes('<!DOCTYPE html>\n<title>404</title>')], 'is a web page'],
    ['a pointer', [...bytes('version https://git-lfs.github.com/spec/v1\n')], 'is a Git LFS pointer'],
  ])('names what a file is instead: %s', async (_, start, problem) => {
    await expect(vectors(Uint8Array.from(start))).rejects.toThrow(`v.txt: ${problem}`);
    await expect(vectors(gzipSync(Uint8Array.from(start)))).rejects.toThrow(`v.txt: ${problem}`);
  });

  it('does not hide that the file cannot be read', async () => {
    async function* failing() {
      yield gzipSync(bytes('a 1 2\n'.repeat(5000))).subarray(0, 40);
      throw new Error('disk on fire');
    }
    await expect(collect(parseVectorFile(failing(), { file: 'v.gz' }))).rejects.toThrow('disk on fire');
  });
});

describe('word2vec binary', () => {
  // Written by gensim 4.4: save_word2vec_format(binary=True) of np.arange(12).reshape(3, 4) + .5
  const gensim = Uint8Array.from(
    Buffer.from(
      'MyA0ClRva3lvX19KYXBhbiAAAAA/AADAPwAAIEAAAGBATmV3X1lvcmtfX1UuUy4gAACQQAAAsEAAANBAAADwQGNhZsOpX19jcsOobWUgAAAIQQAAGEEAAChBAAA4QQ==',
      'base64',
    ),
  );
  const expected = [
    ['Tokyo__Japan', [0.5, 1.5, 2.5, 3.5], 1],
    ['New_York__U.S.', [4.5, 5.5, 6.5, 7.5], 2],
    ['café__crème', [8.5, 9.5, 10.5, 11.5], 3],
  ];
  /** As Google's program writes it: a line end after each vector. */
  const google = Buffer.concat([
    bytes('3 4\n'),
    ...expected.flatMap(([key, vector]) => [
      word2vecBytes(key as string, Float32Array.from(vector as number[])),
      bytes('\n'),
    ]),
  ]);

  it('is read as gensim and Google write it, plain and gzip, in any pieces', async () => {
    for (const size of [1, 3, 1000]) {
      expect(await vectors(gensim, size)).toEqual(expected);
      expect(await vectors(google, size)).toEqual(expected);
      expect(await vectors(gzipSync(gensim), size)).toEqual(expected);
    }
    const [block] = await collect(word2vecBlocks([gensim], 'v.bin'));
    expect(block?.pairs[1]).toEqual({ head: 'New York', tail: 'U.S.' });
    const found = await readPairVectors([gensim], [{ head: 'Tokyo', tail: 'Japan' }], 'v.bin');
    expect([...(found.get({ head: 'Tokyo', tail: 'Japan' }) ?? [])]).toEqual(expected[0]?.[1]);
  });

  it('is written byte for byte as gensim writes it', () => {
    const written = expected.map(([key, vector]) =>
      word2vecBytes(key as string, Float32Array.from(vector as number[])),
    );
    expect(Buffer.concat([bytes('3 4\n'), ...written])).toEqual(Buffer.from(gensim));
  });

  it('names the vector at fault', async () => {
    await expect(vectors(gensim.subarray(0, -1))).rejects.toThrow('v.txt: vector 3: the file is cut off within it');
    const header = (text: string) => Buffer.concat([bytes(text), gensim.subarray(4)]);
    await expect(vectors(header('4 4\n'))).rejects.toThrow('the first line says 4 vectors, the file holds 3');
    const poisoned = Buffer.from(gensim);
    poisoned.writeFloatLE(Number.POSITIVE_INFINITY, 17 + 16 + 15 + 4);
    await expect(vectors(poisoned)).rejects.toThrow('v.txt: vector 2: "New_York__U.S.": value 2 is Infinity');
    const latin = Buffer.from(gensim);
    latin[latin.indexOf(0xc3)] = 0xff;
    await expect(vectors(latin)).rejects.toThrow('v.txt: vector 3: its key is not valid UTF-8');
    // nobody asks for it
    expect((await readWordVectors([latin], ['Tokyo__Japan'], 'v.bin')).get('Tokyo__Japan')?.[0]).toBe(0.5);
  });
});

describe('readWordVectors', () => {
  it('finds a key with spaces, and does not decode keys that nobody asks for', async () => {
    const file = Buffer.concat([
      bytes('cat 1 0 0\nNew York 1 2 3\nUSA 2 3 4\n'),
      Uint8Array.of(0xff),
      bytes(' 1 1 1\nNew 9 9 9\n'),
    ]);
    const words = await readWordVectors(pieces(file), ['New York', 'USA', 'New'], 'v.txt');
    expect(['New York', 'USA', 'New'].map((word) => [...(words.get(word) ?? [])])).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [9, 9, 9],
    ]);
    const unknown = await readWordVectors([bytes('the 1 2\nzero 0 0\n')], ['dog'], 'v.txt');
    expect(unknown.get('dog')).toBeUndefined();
  });

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

  it('hold no pair that other readers refuse', async () => {
    const json = (text: string) => collect(jsonBlocks([bytes(text)], 'j.jsonl'));
    const word2vec = (text: string) => collect(word2vecBlocks([bytes(text)], 'w.txt'));
    const row = (head: string, more = '') => `{"head":"${head}","tail":"b","embedding":[1,2]${more}}\n`;
    await expect(json(row('a') + row(''))).rejects.toThrow('j.jsonl:2: the head word is blank in ["","b"]');
    await expect(json(row('a'.repeat(10_001)))).rejects.toThrow(/^j\.jsonl:1: .* has 10001 characters/);
    await expect(json(row('a', ',"n":1e999'))).rejects.toThrow('j.jsonl:1: the number of "n" is too large');
    await expect(word2vec('a__b 1 2\n__b 1 2\n')).rejects.toThrow('w.txt:2: the head word is blank in ["","b"]');
    await expect(word2vec(`a__${'b'.repeat(10_001)} 1 2\n`)).rejects.toThrow(/^w\.txt:1: .* has 10001 characters/);
  });

  it('name what is wrong with them', async () => {
    const json = (text: string) => collect(jsonBlocks([bytes(text)], 'j.jsonl'));
    await expect(json('{"head":"a","tail":"b","embedding":[1]}\n{"head":"a"}\n')).rejects.toThrow(
      'j.jsonl:2: expected {"head"',
    );
    await expect(json('nonsense')).rejects.toThrow('j.jsonl:1: not JSON (');
    await expect(json('{"head":"a","tail":"b","embedding":[1,"x"]}')).rejects.toThrow(
      'j.jsonl:1: value 2 of the embedding is not a number',
    );
    await expect(
      json('{"head":"a","tail":"b","embedding":[1]}\n{"head":"c","tail":"d","embedding":[1,2]}'),
    ).rejects.toThrow('the vector of ["c","d"] has 2 values, the first one 1');
    await expect(
      json('{"head":"a","tail":"b","embedding":[1]}\n\n{"head":"c","tail":"d","embedding":[0]}'),
    ).rejects.toThrow('j.jsonl:3: the vector of ["c","d"]: all values are 0');
    await expect(json('{"head":"c","tail":"d","embedding":[1,1e39]}')).rejects.toThrow('value 2 is Infinity');
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const matrix = Buffer.concat([npyHeader([2, 3]), littleEndianBytes(Float32Array.of(1, 2, 3, 4, value, 6))]);
      await expect(readNpy(matrix, tsv)).rejects.toThrow(
        `m.npy: row 2, the vector of ["cat","kitten"]: value 2 is ${value};`,
      );
    }
    await expect(readNpy(Buffer.concat([npyHeader([2, 3]), new Uint8Array(24)]), tsv)).rejects.toThrow(
      'm.npy: row 1, the vector of ["New York","Tokyo"]: all values are 0',
    );
    await expect(json('')).rejects.toThrow('holds no vector');
    await expect(collect(word2vecBlocks([bytes('cat 1 2\n')], 'w.txt'))).rejects.toThrow(
      'w.txt:1: the key "cat" is not one of a word pair',
    );
    await expect(readNpy(npy, bytes('New York\tTokyo\n'))).rejects.toThrow(
      'm.pairs.tsv: has 1 pairs, m.npy has more rows',
    );
    await expect(readNpy(npy, bytes('a\tb\nc\td\ne\tf\n'))).rejects.toThrow(
      'm.pairs.tsv: has more pairs than m.npy has rows (2)',
    );
    await expect(readNpy(npy.subarray(0, npy.length - 5), tsv)).rejects.toThrow(
      'm.npy: cut off: its header says 2 rows, 1 are there',
    );
    await expect(readNpy(Buffer.concat([npy, npy]), tsv)).rejects.toThrow('m.npy: holds more data');
    await expect(readNpy(bytes('no array'), tsv)).rejects.toThrow('m.npy: not a NumPy array file');
    await expect(readNpy(npy.subarray(0, 60), tsv)).rejects.toThrow('m.npy');
    const line = Buffer.concat([npyHeader([6]), new Uint8Array(24)]);
    await expect(readNpy(line, tsv)).rejects.toThrow('expected a matrix, one row a pair');
  });
});
