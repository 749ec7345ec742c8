import { gunzipSync, gzipSync } from 'node:zlib';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { parseBats } from '../../src/data/bats.ts';
import { parseLexicalRelations } from '../../src/data/lexical-relation.ts';
import { parseMappings, parseScan, scanMappings } from '../../src/data/mapping.ts';
import { parseRelationSets } from '../../src/data/relation-set.ts';
import { parseSemEvalPack, parseSemEvalRatings, semEvalRelationSets } from '../../src/data/semeval.ts';
import { comparePredictions } from '../../src/evaluate/prediction-file.ts';
import { jsonBlocks, npyBlocks, word2vecBlocks } from '../../src/formats/pair-vector-file.ts';
import { readWordVectors } from '../../src/formats/word-vectors.ts';
import { parsePairBytes } from '../../src/pair/pair-file.ts';
import { decodeText } from '../../src/text/lines.ts';
import { dataFiles, pairFiles, textOf, vectorFiles } from './files.ts';
import { all, type Reader, single } from './reader.ts';

export function vectorReaders(): Reader[] {
  const of = (file: keyof typeof vectorFiles, read: (chunks: Uint8Array[]) => unknown, more: Partial<Reader> = {}) =>
    single(file, vectorFiles[file], (bytes) => read([bytes.subarray(0, 40), bytes.subarray(40)]), more);
  const npy = (chunks: Uint8Array[]) =>
    all(npyBlocks({ chunks, file: 'vectors.npy' }, { chunks: [pairFiles['pairs.tsv']], file: 'pairs.tsv' }));
  return [
    of('vectors.txt', (chunks) => all(word2vecBlocks(chunks, 'vectors.txt'))),
    of('vectors.txt.gz', (chunks) => all(word2vecBlocks(chunks, 'vectors.txt.gz'))),
    of('vectors.txt.gz', (chunks) => all(word2vecBlocks(chunks, 'vectors.txt.gz')), {
      name: 'content of vectors.txt.gz',
      part: {
        bytes: new Uint8Array(gunzipSync(vectorFiles['vectors.txt.gz'])),
        seal: (bytes) => new Uint8Array(gzipSync(bytes)),
      },
    }),
    of('vectors.bin', (chunks) => all(word2vecBlocks(chunks, 'vectors.bin'))),
    of('glove.txt', async (chunks) => {
      const vectors = await readWordVectors(chunks, ['the', 'cat', 'New York'], 'glove.txt');
      return ['the', 'cat', 'New York'].map((word) => vectors.get(word));
    }),
    of('vectors.jsonl', (chunks) => all(jsonBlocks(chunks, 'vectors.jsonl'))),
    of('vectors.npy', npy),
    of('vectors.npy', npy, {
      name: 'header of vectors.npy',
      part: {
        bytes: vectorFiles['vectors.npy'].slice(10, 128),
        seal: (header) =>
          Uint8Array.of(
            ...vectorFiles['vectors.npy'].subarray(0, 8),
            header.length & 255,
            (header.length >> 8) & 255,
            ...header,
            ...vectorFiles['vectors.npy'].subarray(128),
          ),
      },
    }),
  ];
}

function data(file: keyof typeof dataFiles, read: (data: { file: string; text: string }) => unknown): Reader {
  return single(file, dataFiles[file], (bytes) => read({ file, text: decodeText(file, bytes) }));
}

export function dataReaders(): Reader[] {
  const pairs = Object.entries(pairFiles).map(([file, bytes]) =>
    single(file, bytes, (damaged) => parsePairBytes(damaged, { file })),
  );
  return [
    ...pairs,
    data('analogy.jsonl', parseAnalogyQuestions),
    data('sat.txt', parseAnalogyQuestions),
    data('questions-words.txt', parseRelationSets),
    data('E01 [country - capital].txt', parseBats),
    data('relations.jsonl', parseRelationSets),
    data('relations.tsv', parseRelationSets),
    data('lexnet.tsv', parseLexicalRelations),
    data('GoldRatings-1a.txt', parseSemEvalRatings),
    data('semeval.json', (file) => semEvalRelationSets(parseSemEvalPack(file), { top: 2, bottom: 2 })),
    data('mapping.jsonl', parseMappings),
    data('scan.csv', (file) => scanMappings(parseScan(file))),
    data('predictions.jsonl', (file) =>
      comparePredictions(file, { file: 'other', text: textOf(dataFiles['predictions.jsonl']) }),
    ),
  ];
}
