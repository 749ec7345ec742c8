/** @file Small files of every format, as the fuzz campaign damages them. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { npyHeader } from '../../src/formats/npy.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

export type Files = Readonly<Record<string, Uint8Array>>;

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, fixtures)));
}

/** The tiny model of a family: configuration, tokenizer and weights. */
export function modelFixture(family: string): Files {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  return Object.fromEntries(names.map((name) => [name, fixture(`encoder/${family}/${name}`)]));
}

/** What the model of a tokenizer.json holds: its vocabulary, and the merges of BPE. */
export function tokenizerModel(family: string) {
  const json = JSON.parse(textOf(fixture(`encoder/${family}/tokenizer.json`))) as {
    readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[] };
  };
  return json.model;
}

/** vocab.txt of a WordPiece tokenizer. */
export function vocabularyList(family: string): Uint8Array {
  return bytesOf(`${Object.keys(tokenizerModel(family).vocab).join('\n')}\n`);
}

/** A SentencePiece model with the pieces of a Unigram tokenizer. */
export function sentencePieceModel(family: string): Uint8Array {
  const writer = protobuf.Writer.create();
  const types: Readonly<Record<string, number>> = { '<unk>': 2, '<s>': 3, '</s>': 3 };
  const pieces = tokenizerModel(family).vocab as readonly (readonly [string, number])[];
  const specials = pieces.filter(([text]) => text in types).sort(([a], [b]) => (types[a] ?? 0) - (types[b] ?? 0));
  for (const [text, score] of [...specials, ...pieces.filter(([piece]) => !/^<.+>$/.test(piece))]) {
    const piece = writer.uint32(10).fork();
    piece.uint32(10).string(text).uint32(21).float(score);
    piece
      .uint32(24)
      .int32(types[text] ?? 1)
      .ldelim();
  }
  writer.uint32(18).fork().uint32(24).int32(1).uint32(320).int32(0).ldelim();
  // A copy: the writer's bytes are a view of a pool.
  return new Uint8Array(writer.uint32(26).fork().uint32(10).string('identity').ldelim().finish());
}

export function jsonLines(...values: readonly unknown[]): Uint8Array {
  return bytesOf(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

const pairs = [
  ['Tokyo', 'Japan'],
  ['Paris', 'France'],
  ['New York', 'U.S. "state"'],
  ['café', 'Wien'],
] as const;
const vectors = pairs.map((_, i) => [0.5 - i, 1.25 * i, 2, -0.125]);

/** Pairs in each of the formats. */
export const pairFiles = {
  'pairs.tsv': bytesOf(pairs.map((pair) => `${pair.join('\t')}\n`).join('')),
  'pairs.csv': bytesOf('head,tail,id\nTokyo,Japan,1\r\n"New York","U.S. ""state""\nof",2\ncafé,Wien,3\n'),
  'pairs.jsonl': jsonLines(['Tokyo', 'Japan'], { head: 'Paris', tail: 'France', id: 2 }, ['New York', 'U.S.']),
  'pairs.txt': bytesOf('Tokyo:Japan\nParis\tFrance\n["a:b","c"]\n{"head":"New York","tail":"U.S."}\n'),
} satisfies Files;

function key(pair: readonly [string, string]): string {
  return pair.map((word) => word.replaceAll(' ', '_')).join('__');
}

const word2vecText = bytesOf(
  `${pairs.length} 4\n${pairs.map((pair, i) => `${key(pair).replaceAll(/[ "]/g, '')} ${vectors[i]?.join(' ')}\n`).join('')}`,
);

/** Vectors of pairs in each of the formats. */
export const vectorFiles = {
  'vectors.txt': word2vecText,
  'vectors.txt.gz': new Uint8Array(gzipSync(word2vecText)),
  'vectors.bin': new Uint8Array(
    Buffer.concat([
      bytesOf(`${pairs.length} 4\n`),
      ...pairs.flatMap((pair, i) => [
        bytesOf(`${key(pair).replaceAll('"', '')} `),
        new Uint8Array(Float32Array.from(vectors[i] as number[]).buffer),
        bytesOf('\n'),
      ]),
    ]),
  ),
  'glove.txt': bytesOf('the 0.1 0.2 -0.3\nof 1 2 3\ncat -1e-3 0.5 4\n'),
  'vectors.jsonl': jsonLines(...pairs.map(([head, tail], i) => ({ head, tail, embedding: vectors[i] }))),
  'vectors.npy': new Uint8Array(
    Buffer.concat([npyHeader([pairs.length, 4]), new Uint8Array(Float32Array.from(vectors.flat()).buffer)]),
  ),
} satisfies Files;

const analogy = {
  stem: ['word', 'language'],
  choice: [
    ['paint', 'portrait'],
    ['note', 'music'],
  ],
  answer: 1,
  prefix: 'u2',
};
const relation = { relation: 'capital', parent: 'geography', positives: pairs.slice(0, 2), negatives: pairs.slice(2) };
const prediction = {
  ...{ set: 'u2', split: 'test', index: 0, stem: ['a', 'b'], choices: [['c', 'd']] },
  ...{ scores: [1], predicted: 0, answer: 0, correct: true },
};

/** Data sets for training and evaluation, as they are published. */
export const dataFiles = {
  'analogy.jsonl': jsonLines(analogy, { ...analogy, answer: 0, prefix: undefined }),
  'sat.txt': bytesOf(
    '# SAT\n\n190 FROM REAL SATs\nlull trust v:n\nbalk fortitude v:n\nbetray loyalty v:n\ncajole compliance v:n\nhinder destination v:n\nsoothe passion v:n\nd\n',
  ),
  'questions-words.txt': bytesOf(
    ': capital\nAthens Greece Baghdad Iraq\nParis France Rome Italy\n: family\nboy girl king queen\n',
  ),
  'E01 [country - capital].txt': bytesOf('abuja\tnigeria\naccra\tghana/gold_coast\nparis\tfrance\n'),
  'relations.jsonl': jsonLines(relation, { ...relation, relation: 'city', parent: undefined }),
  'relations.tsv': bytesOf(
    'relation\thead\ttail\tlabel\ncapital\tTokyo\tJapan\tpositive\ncapital\tParis\tFrance\tpositive\n',
  ),
  'lexnet.tsv': bytesOf('cat\tanimal\thyper\ncar\twheel\tmero\ndog\tanimal\thyper\nbus\twheel\tmero\n'),
  'GoldRatings-1a.txt': bytesOf('# comment\n50.0 "weapon:spear"\n  -12.5 "vegetable:carrot"\n 0 "mammal:porpoise"\n'),
  'semeval.json': bytesOf(
    JSON.stringify({
      source: 's',
      licence: 'l',
      relations: [{ relation: '1a', pairs: pairs.map((pair, i) => [50 - 20 * i, ...pair]) }],
    }),
  ),
  'mapping.jsonl': jsonLines({ source: ['solar system', 'sun', 'planet'], target: ['atom', 'nucleus', 'electron'] }),
  'scan.csv': bytesOf(
    'target,source,targ_word,src_word,alternatives,analogy_type\natom,solar system,nucleus,sun,"star, core",science\natom,solar system,electron,planet,,science\n',
  ),
  'predictions.jsonl': jsonLines(prediction, { ...prediction, index: 1, correct: false }),
} satisfies Files;
