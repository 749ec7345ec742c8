/** @file Every reader of files with a small input, and how the campaign damages it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseReport } from '../../../reproduction/src/report/report-file.ts';
import { madeUpReport } from '../../../reproduction/test/report/figures.ts';
import { parseAnalogyQuestions } from '../../src/data/analogy.ts';
import { parseBats } from '../../src/data/bats.ts';
import { parseLexicalRelations } from '../../src/data/lexical-relation.ts';
import { parseMappings, parseScan, scanMappings } from '../../src/data/mapping.ts';
import { parseRelationSets } from '../../src/data/relation-set.ts';
import { parseSemEvalPack, parseSemEvalRatings, semEvalRelationSets } from '../../src/data/semeval.ts';
import { openLanguageModel, relationModel } from '../../src/encoder/language-model.ts';
import { loadEncoderParts } from '../../src/encoder/load-encoder.ts';
import { RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import { parsePrompt2021 } from '../../src/encoder/relbert-config.ts';
import { comparePredictions } from '../../src/evaluate/prediction-file.ts';
import { bytesSource, type CheckpointFiles } from '../../src/formats/byte-source.ts';
import { parseJsonObject } from '../../src/formats/json-file.ts';
import { jsonBlocks, npyBlocks, word2vecBlocks } from '../../src/formats/pair-vector-file.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { type TensorStore, weightsOf } from '../../src/formats/tensor-store.ts';
import { openTorchPickle } from '../../src/formats/torch-pickle.ts';
import { readWordVectors } from '../../src/formats/word-vectors.ts';
import type { IndexFile, WritableIndexFolder } from '../../src/index/index-folder.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { Scorer } from '../../src/index/kernel/scorer.ts';
import { formatManifest, type Manifest } from '../../src/index/manifest.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { checksumText } from '../../src/index/segment-format.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { searchStore } from '../../src/node/search-store.ts';
import { trainingStore } from '../../src/node/training-store.ts';
import { parsePairBytes } from '../../src/pair/pair-file.ts';
import { decodeText } from '../../src/text/lines.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import { AdamW } from '../../src/train/optimiser.ts';
import { checkRecipe, parseRecipe } from '../../src/train/recipe.ts';
import type { TrainingState } from '../../src/train/training-state.ts';
import {
  bytesOf,
  dataFiles,
  type Files,
  fixture,
  modelFixture,
  pairFiles,
  sentencePieceModel,
  textOf,
  tokenizerModel,
  vectorFiles,
  vocabularyList,
} from './files.ts';

/** Reads files, of which one is damaged. */
export interface Reader {
  readonly name: string;
  readonly files: Files;
  /** The file that is damaged; `part` is what of it, where not its bytes as they are. */
  readonly damaged: string;
  readonly part?: { readonly bytes: Uint8Array; readonly seal: (damaged: Uint8Array) => Uint8Array };
  readonly read: (files: Files) => unknown;
  /**
   * Exception: why a result that differs from that of the sound file is right. Without it, a reader finds every
   * damage that matters.
   */
  readonly otherResult?: string;
}

const NO_CHECKSUM = 'the format has no checksum, and a changed word, number or vector is as good as another';
const REPLACEABLE = 'a field that was changed or left out has another meaning, or a default';

const runtime = nodeRuntime();

function memoryFiles(files: Files): CheckpointFiles {
  return { origin: 'model', list: async () => Object.keys(files), read: async (name) => files[name] };
}

const prompt = "Just aware: the relation between Tokyo and Japan's New York 東京 !! I-5 is";

function tokens(files: Files): unknown {
  const tokenizer = createTokenizer(files);
  const { ids, offsets } = tokenizer.encode(prompt);
  const parts = tokenizer.encodeParts(['a cat ', tokenizer.special.mask.id, ' b']);
  return {
    ids,
    offsets,
    parts,
    text: tokenizer.decode(ids),
    pieces: tokenizer.decodeParts(ids),
    n: tokenizer.vocabularySize,
  };
}

/** Opens a model and encodes a pair. */
async function embedding(files: Files): Promise<unknown> {
  const parts = await loadEncoderParts(memoryFiles(files), runtime, { threads: 1 });
  await using encoder = new RelationEncoder(parts);
  return (await encoder.encode([['Tokyo', 'Japan']])).data;
}

async function promptOf(files: Files): Promise<unknown> {
  const { prompt: made, pooling } = relationModel(await openLanguageModel(memoryFiles(files)));
  return { pooling, kind: made.kind, vectors: made.vectors, encoded: made.encode({ head: 'Tokyo', tail: 'Japan' }) };
}

async function tensorsOf(store: TensorStore): Promise<unknown> {
  const weights = weightsOf('model', store);
  const tensors: unknown[] = [];
  for (const name of store.keys()) tensors.push(name, await weights.get(name).catch(notFinite));
  return tensors;
}

/** A weight that is not finite is refused; the others may be sound. */
function notFinite(error: unknown): string {
  if (error instanceof Error && error.name === 'CheckpointError') return error.message;
  throw error;
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** The JSON header of a safetensors file, with its length in front. */
function safetensorsHeader(bytes: Uint8Array): NonNullable<Reader['part']> {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    bytes: bytes.slice(8, end),
    seal(header) {
      const sealed = new Uint8Array(8 + header.length + bytes.length - end);
      new DataView(sealed.buffer).setBigUint64(0, BigInt(header.length), true);
      sealed.set(header, 8);
      sealed.set(bytes.subarray(end), 8 + header.length);
      return sealed;
    },
  };
}

/** A reader of one file. */
function single(
  file: string,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  more: Partial<Reader> = {},
): Reader {
  return {
    name: file,
    files: { [file]: bytes },
    damaged: file,
    read: (files) => read(files[file] as Uint8Array),
    otherResult: NO_CHECKSUM,
    ...more,
  };
}

function data(file: keyof typeof dataFiles, read: (data: { file: string; text: string }) => unknown): Reader {
  return single(file, dataFiles[file], (bytes) => read({ file, text: decodeText(file, bytes) }));
}

function tokenizerReaders(): Reader[] {
  const ofJson = ['bert', 'roberta', 'xlm-roberta', 'albert-v1', 'deberta-v2', 'modernbert'].map((family): Reader => {
    const { 'model.safetensors': _, ...files } = modelFixture(family);
    return {
      name: `tokenizer.json of ${family}`,
      files,
      damaged: 'tokenizer.json',
      read: tokens,
      otherResult: REPLACEABLE,
    };
  });
  const { 'model.safetensors': _, ...bert } = modelFixture('bert');
  const { vocab, merges } = tokenizerModel('roberta') as { vocab?: object; merges?: readonly (string | string[])[] };
  const lines = (merges ?? []).map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  const bpe = {
    'config.json': fixture('encoder/roberta/config.json'),
    'tokenizer_config.json': fixture('encoder/roberta/tokenizer_config.json'),
    'vocab.json': bytesOf(JSON.stringify(vocab)),
    'merges.txt': bytesOf(`#version: 0.2\n${lines.join('\n')}\n`),
  };
  const wordPiece = {
    'config.json': fixture('encoder/bert/config.json'),
    'tokenizer_config.json': fixture('encoder/bert/tokenizer_config.json'),
    'special_tokens_map.json': bytesOf('{"mask_token": {"content": "[MASK]", "lstrip": true}, "pad_token": "[PAD]"}'),
    'added_tokens.json': bytesOf('{"<new>": 100}'),
    'vocab.txt': vocabularyList('bert'),
  };
  const unigram = {
    'tokenizer_config.json': fixture('encoder/xlm-roberta/tokenizer_config.json'),
    'sentencepiece.bpe.model': sentencePieceModel('xlm-roberta'),
  };
  const of = (files: Files, damaged: string): Reader => ({
    ...{ name: damaged, files, damaged, read: tokens, otherResult: REPLACEABLE },
  });
  return [
    ...ofJson,
    of(bert, 'tokenizer_config.json'),
    of(bpe, 'vocab.json'),
    of(bpe, 'merges.txt'),
    of(wordPiece, 'vocab.txt'),
    of(wordPiece, 'special_tokens_map.json'),
    of(wordPiece, 'added_tokens.json'),
    of(unigram, 'sentencepiece.bpe.model'),
  ];
}

function checkpointReaders(): Reader[] {
  const configs = ['bert', 'albert-v1', 'mpnet', 'deberta-v2', 'modernbert', 'electra'].map(
    (family): Reader => ({
      name: `config.json of ${family}`,
      files: modelFixture(family),
      damaged: 'config.json',
      read: embedding,
      otherResult: REPLACEABLE,
    }),
  );
  const forms = ['2021-manual', '2021-trigger', '2022', '2023'].map((form): Reader => {
    const { relbert_config } = JSON.parse(
      textOf(fixture(`checkpoint/relbert-config/${form}.json`)).replace(/\b\d{3,}\b/g, (id) =>
        String(Number(id) % 100),
      ),
    );
    const model = modelFixture('bert');
    const config = JSON.parse(textOf(model['config.json'] as Uint8Array));
    const seal = (json: Uint8Array) =>
      bytesOf(
        JSON.stringify({ ...config, relbert_config: 0 }).replace(
          '"relbert_config":0',
          () => `"relbert_config":${textOf(json)}`,
        ),
      );
    return {
      name: `relbert_config of ${form}`,
      files: { ...model, 'config.json': seal(bytesOf(JSON.stringify(relbert_config))) },
      damaged: 'config.json',
      part: { bytes: bytesOf(JSON.stringify(relbert_config)), seal },
      read: promptOf,
      otherResult: REPLACEABLE,
    };
  });
  const soft = JSON.parse(textOf(fixture('checkpoint/relbert-config/2021-soft.json'))).relbert_config.template;
  const tensors = fixture('checkpoint/tensors.safetensors');
  const safetensors = (bytes: Uint8Array) => openSafetensors(bytesSource('tensors.safetensors', bytes)).then(tensorsOf);
  const pickles = ['legacy.bin', 'zip.bin', 'training.bin'].map((name) =>
    single(name, fixture(`checkpoint/${name}`), async (bytes) => tensorsOf(openTorchPickle(name, bytes))),
  );
  const shards = [
    'model.safetensors.index.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
  ];
  const sharded: Files = {
    ...{ 'config.json': fixture('encoder/bert/config.json'), 'tokenizer.json': fixture('encoder/bert/tokenizer.json') },
    ...Object.fromEntries(shards.map((name) => [name, fixture(`checkpoint/sharded/${name}`)])),
  };
  return [
    ...configs,
    ...forms,
    single('prompt.json', bytesOf(JSON.stringify(soft)), (bytes) =>
      parsePrompt2021(parseJsonObject('prompt.json', bytes), 'prompt.json'),
    ),
    single('tensors.safetensors', tensors, safetensors),
    single('tensors.safetensors', tensors, safetensors, {
      name: 'header of tensors.safetensors',
      part: safetensorsHeader(tensors),
    }),
    ...pickles,
    {
      name: 'model.safetensors.index.json',
      files: sharded,
      damaged: 'model.safetensors.index.json',
      async read(files) {
        const { weights } = await openLanguageModel(memoryFiles(files));
        return [...weights.names].sort();
      },
      otherResult: 'a tensor that the index does not name is not part of the model',
    },
  ];
}

function vectorReaders(): Reader[] {
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

function dataReaders(): Reader[] {
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

function runReaders(folder: string): Reader[] {
  const recipes = ['default', 'mpnet', 'journal2023'].map((name) => {
    const bytes = fixture(`../../recipes/${name}.json`);
    return single(
      `${name}.json`,
      bytes,
      (damaged) => {
        const recipe = parseRecipe(decodeText(`${name}.json`, damaged), `${name}.json`);
        return checkRecipe({ ...recipe, teacher: recipe.teacher }, `${name}.json`);
      },
      { name: `recipe ${name}`, otherResult: REPLACEABLE },
    );
  });
  const search = {
    ...{ configuration: {}, iteration: 3, triggers: [5, 6, 7], tried: [0], seconds: 1.5, finished: false },
    best: { iteration: 2, triggers: [5, 6, 7], loss: 0.5, validation: 0.25 },
  };
  return [
    ...recipes,
    single('search.json', bytesOf(JSON.stringify(search)), (bytes) => {
      writeFileSync(join(folder, 'search.json'), bytes);
      return searchStore(folder).load();
    }),
    single(
      'report.json',
      bytesOf(JSON.stringify(madeUpReport())),
      (bytes) => parseReport({ file: 'report.json', text: decodeText('report.json', bytes) }),
      { otherResult: REPLACEABLE },
    ),
  ];
}

/** The last checkpoint of a run of two steps that trains one tensor. */
async function trainingReaders(folder: string): Promise<Reader[]> {
  const shape = [2, 3];
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const trained = () => ({
    optimiser: new AdamW([{ name: 'w', data: values }]),
    average: undefined,
    weights: new Map([['w', { dtype: 'float32', shape, data: values } as const]]),
  });
  const tensors = ['weight', 'first', 'second'].map(
    (part) => [`${part}.w`, { dtype: 'float32', shape, data: values }] as const,
  );
  const state: TrainingState = {
    configuration: { steps: 2 },
    progress: {
      ...{
        step: 2,
        momentSteps: 2,
        seconds: 1.5,
        waited: 0,
        checked: 2,
        microBatches: 1,
        losses: [0.5, 0.25],
        finished: false,
      },
      ...{ first: 0.5, best: { step: 2, metric: 'loss', value: 0.25 } },
    },
    tensors: new Map(tensors),
  };
  const store = trainingStore(folder);
  await store.save('last', state);
  const bytes = new Uint8Array(readFileSync(join(folder, 'last.safetensors')));
  const read = (damaged: Uint8Array) => {
    writeFileSync(join(folder, 'last.safetensors'), damaged);
    return readCheckpoint('last', { store, trained: trained(), steps: 2, check: () => {} });
  };
  return [
    single('last.safetensors', bytes, read),
    single('last.safetensors', bytes, read, { name: 'header of last.safetensors', part: safetensorsHeader(bytes) }),
  ];
}

/** An index folder in memory. */
function memoryIndex(files: Map<string, Uint8Array>): WritableIndexFolder {
  const opened = (name: string): IndexFile => ({
    get size() {
      return files.get(name)?.length ?? 0;
    },
    read(start, end, target = new Uint8Array(end - start)) {
      target.set((files.get(name) as Uint8Array).subarray(start, end));
      return target;
    },
    close: async () => {},
  });
  return {
    origin: 'index',
    open: async (name) => (files.has(name) ? opened(name) : undefined),
    list: async () => [...files.keys()],
    async create(name) {
      files.set(name, new Uint8Array(0));
      const file = opened(name);
      return {
        get size() {
          return file.size;
        },
        read: file.read,
        append: async (bytes) =>
          void files.set(name, new Uint8Array(Buffer.concat([files.get(name) as Uint8Array, bytes]))),
        finish: async () => {},
      };
    },
    replace: async (name, bytes) => void files.set(name, bytes.slice()),
    remove: async (name) => void files.delete(name),
    lock: async () => ({ release: async () => {} }),
  };
}

async function indexReaders(): Promise<Reader[]> {
  const written = new Map<string, Uint8Array>();
  const words = Array.from({ length: 150 }, (_, i) => ({
    head: `head${i % 9}`,
    tail: `tail ${i}`,
    columns: { id: i },
  }));
  const vectors = Float32Array.from({ length: 150 * 4 }, (_, i) => Math.sin(i * i));
  const model = { name: 'tiny', prompt: '<subj> and <obj>', template: true, pooling: 'difference' };
  {
    await using writer = await IndexWriter.create(
      memoryIndex(written),
      { dimension: 4, model },
      { runtime, threads: 1 },
    );
    await writer.add([{ pairs: words, data: vectors }]);
  }
  const files = Object.fromEntries(written);
  const read = async (damaged: Files) => {
    await using index = await RelationIndex.open(memoryIndex(new Map(Object.entries(damaged))));
    await all(index.verify());
    const found = await index.search([{ vector: Float32Array.of(1, 2, -1, 0) }], { top: 3, where: 'id > 5' });
    return { info: index.info(), found };
  };
  const scorer = new Scorer(16);
  const seal = (bytes: Uint8Array): Uint8Array => {
    try {
      const { checksum: _, ...content } = JSON.parse(textOf(bytes));
      return bytesOf(formatManifest(content as Manifest, (text) => checksumText(scorer.checksum(bytesOf(text)))));
    } catch {
      return bytes;
    }
  };
  const manifest = files['manifest.json'] as Uint8Array;
  const segment = Object.keys(files).find((name) => name.startsWith('segment-')) as string;
  return [
    { name: 'manifest of an index', files, damaged: 'manifest.json', read },
    {
      ...{ name: 'manifest with a right checksum', files, damaged: 'manifest.json', read },
      part: { bytes: manifest, seal },
      otherResult: 'the checksum says that the manifest is as it was written',
    },
    { name: 'segment of an index', files, damaged: segment, read },
  ];
}

/** All readers, and a folder for those that read from a disk. */
export async function openReaders(): Promise<{ readonly readers: readonly Reader[]; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-fuzz-'));
  const readers = [
    ...tokenizerReaders(),
    ...checkpointReaders(),
    ...vectorReaders(),
    ...dataReaders(),
    ...runReaders(folder),
    ...(await trainingReaders(folder)),
    ...(await indexReaders()),
  ];
  return { readers, close: () => rmSync(folder, { recursive: true, force: true }) };
}
