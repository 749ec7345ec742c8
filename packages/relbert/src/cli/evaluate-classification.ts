/** `relbert evaluate classification`: lexical relation classification. */
import type { LexicalRelationSet } from '../data/lexical-relation.ts';
import type { ClassificationResult, FeatureExtractor } from '../evaluate/classification.ts';
import type { ClassificationScores } from '../evaluate/metrics.ts';
import type { EmbeddingFeatures, WordVectorFeatures } from '../evaluate/pair-features.ts';
import type { DataFile } from '../text/data-error.ts';
import { suggestion } from '../text/nearest-name.ts';
import { command } from './command.ts';
import { percent } from './evaluate-analogy.ts';
import { UsageError } from './exit.ts';
import { choice, type Flags, fileBeside, flag, fromZero, list, number, required, text, withDefault } from './option.ts';
import {
  noLanguageModel,
  noteMissingWords,
  openPairModel,
  pairModelOptions,
  readOnce,
  readWithProgress,
  readWordsOnce,
  refuseEncoderFlags,
  requireVectorFile,
  vectorFileOf,
} from './pair-model.ts';
import type { Terminal } from './terminal.ts';

interface NamedSet {
  readonly name: string;
  readonly set: LexicalRelationSet;
  /** The file of the test pairs. */
  readonly testFile: string;
}

/** Features of pairs and how they came about. */
interface Features extends AsyncDisposable {
  readonly extract: FeatureExtractor;
  readonly names: { readonly model: string; readonly pooling: string | null; readonly template: string | null };
  readonly missingWords: ReadonlySet<string>;
  readonly missingPairs: ReadonlySet<string>;
}

/** For help, which loads nothing. */
const embeddingFeatureNames: readonly EmbeddingFeatures[] = ['both', 'forward', 'diff'];
const wordVectorFeatureNames: readonly WordVectorFeatures[] = ['cat', 'cat+dot', 'diff', 'diff+dot'];

const options = {
  data: required(list('<folder...>', 'folders with train.tsv, test.tsv and perhaps val.tsv: head, tail, relation')),
  ...pairModelOptions('; baseline: vectors:FILE (word2vec or GloVe text, may be gzip)'),
  features: choice(
    '<features>',
    'of a language model: both is [x(h,t); x(t,h)] (default), forward, diff; of word vectors: cat (default), cat+dot, diff, diff+dot',
    [...new Set([...embeddingFeatureNames, ...wordVectorFeatureNames])],
  ),
  pairVectors: text('<file>', 'append vectors of the pairs, with keys such as New_York__Tokyo'),
  grid: flag('search learning rate and hidden size on the validation pairs'),
  seed: withDefault(number('<number>', "of the classifier's start and batches", fromZero), 0),
  predictions: fileBeside('write the relation found for each test pair as JSON lines'),
  json: flag('print {"results":[{"set","test","validation","classifier"}],...}'),
};
type ClassificationFlags = Flags<typeof options>;

export const evaluateClassification = command({
  name: 'classification',
  summary: 'F1 on lexical relation classification',
  description:
    'Trains a classifier with one hidden layer on the relation embeddings of the training pairs and scores it on the test pairs.',
  options,
  examples: [
    'relbert evaluate classification --data data/BLESS data/EVALution --grid',
    'relbert evaluate classification --data data/BLESS --model vectors:glove.6B.300d.txt --features cat+dot',
  ],
  async run(_, flags, terminal) {
    const sets = await Promise.all(flags.data.map((folder) => readLexicalRelationSet(folder, terminal.note)));
    const { openOutput } = await import('./output.ts');
    const predictions = flags.predictions === undefined ? undefined : await openOutput(flags.predictions, terminal);
    try {
      await using features = await openFeatures(flags, terminal);
      const results: (ClassificationResult & { readonly name: string })[] = [];
      for (const { name, set } of sets) {
        const result = await evaluateSet(name, set, features, flags, terminal);
        results.push({ name, ...result });
        for (const [i, { head, tail, relation }] of set.test.entries()) {
          const predicted = result.predictions[i];
          const line = { set: name, head, tail, relation, predicted, correct: predicted === relation };
          await predictions?.write(`${JSON.stringify(line)}\n`);
        }
      }
      await predictions?.commit();
      noteMissing(features, terminal);
      await terminal.print(flags.json ? resultsJson(results, features, flags) : await resultsText(results, terminal));
    } catch (error) {
      await predictions?.discard();
      throw error;
    }
  },
});

const splitNames = {
  train: ['train'],
  validation: ['val', 'valid', 'validation', 'dev'],
  test: ['test'],
} as const;

/** The splits of a folder: train, val and test, each as .tsv, .csv or .jsonl. */
export async function readLexicalRelationSet(folder: string, onNotice?: (notice: string) => void): Promise<NamedSet> {
  const { lexicalRelationSet } = await import('../data/lexical-relation.ts');
  const { basename, resolve } = await import('../node/path.ts');
  const { split, requiredSplit } = await openSplits(folder, onNotice);
  const test = await requiredSplit('test');
  const set = lexicalRelationSet({
    train: await requiredSplit('train'),
    validation: await split('validation'),
    test,
  });
  return { name: basename(resolve(folder)), set, testFile: test.file };
}

/** Finds the splits of a folder. @throws Error where there is no such folder */
export async function openSplits(folder: string, onNotice?: (notice: string) => void) {
  const { kindOfPath, listFolder, readText } = await import('../node/read-file.ts');
  const { join } = await import('../node/path.ts');
  const kind = await kindOfPath(folder);
  if (kind !== 'folder') {
    throw new Error(
      `${folder}: ${kind ? 'is not a folder' : 'there is no such folder'}; expected one with train.tsv and test.tsv`,
    );
  }
  const tables = (await listFolder(folder)).filter((name) => /\.(tsv|csv|jsonl)$/.test(name));
  const split = async (wanted: keyof typeof splitNames): Promise<DataFile | undefined> => {
    const name = splitNames[wanted].flatMap(
      (stem) => tables.find((table) => table.replace(/\.\w+$/, '') === stem) ?? [],
    )[0];
    if (name === undefined) return undefined;
    return { file: join(folder, name), text: await readText(join(folder, name)), onNotice };
  };
  const requiredSplit = async (wanted: keyof typeof splitNames): Promise<DataFile> => {
    const found = await split(wanted);
    if (found) return found;
    const hint = tables.length > 0 ? `${suggestion(`${wanted}.tsv`, tables)}; it holds ${tables.join(', ')}` : '';
    throw new Error(`${folder}: the split ${wanted}.tsv is missing${hint}`);
  };
  return { split, requiredSplit };
}

async function openFeatures(flags: ClassificationFlags, terminal: Terminal): Promise<Features> {
  const vectorFile = vectorFileOf(flags.model);
  const kind = featureKind(flags.features, vectorFile !== undefined);
  if (flags.pairVectors !== undefined) await requireVectorFile(flags.pairVectors);
  const pairFeatures = await import('../evaluate/pair-features.ts');
  const { readPairVectors } = await import('../formats/word-vectors.ts');
  const { DataError } = await import('../text/data-error.ts');
  const missingPairs = new Set<string>();
  const missingWords = new Set<string>();
  const withPairVectors = (extract: FeatureExtractor): FeatureExtractor => {
    const file = flags.pairVectors;
    if (file === undefined) return extract;
    const vectorsOf = readOnce(async (all) => {
      const vectors = await readPairVectors(readWithProgress(file, terminal), all, file);
      const [pair] = all;
      if (pair && !all.some((each) => vectors.get(each))) {
        const expected = `expected keys such as ${pair.head.replace(/\s+/g, '_')}__${pair.tail.replace(/\s+/g, '_')}`;
        throw new DataError(
          file,
          undefined,
          `has a vector for none of the ${all.length} pairs, such as '${pair.head}:${pair.tail}'; ${expected}`,
        );
      }
      return vectors;
    });
    return async (pairs, all) => {
      const appended = pairFeatures.appendPairVectors(await extract(pairs, all), pairs, await vectorsOf(all));
      for (const { head, tail } of appended.missing) missingPairs.add(`${head}:${tail}`);
      return appended.features;
    };
  };
  if (vectorFile !== undefined) {
    refuseEncoderFlags(flags, noLanguageModel(flags.model));
    await requireVectorFile(vectorFile);
    const vectorsOf = readWordsOnce(vectorFile, terminal);
    return {
      names: { model: flags.model, pooling: null, template: null },
      missingWords,
      missingPairs,
      extract: withPairVectors(async (pairs, all) => {
        const found = pairFeatures.wordVectorFeatures(pairs, await vectorsOf(all), kind as WordVectorFeatures);
        for (const word of found.missing) missingWords.add(word);
        return found.features;
      }),
      async [Symbol.asyncDispose]() {},
    };
  }
  const model = await openPairModel(flags, terminal);
  return {
    names: { model: flags.model, pooling: model.pooling ?? null, template: model.template ?? null },
    missingWords,
    missingPairs,
    extract: withPairVectors((pairs) => pairFeatures.embeddingFeatures(pairs, model.embed, kind as EmbeddingFeatures)),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

/** The features by name, or the default of the kind of model. */
function featureKind(name: string | undefined, wordVectors: boolean): EmbeddingFeatures | WordVectorFeatures {
  const valid: readonly (EmbeddingFeatures | WordVectorFeatures)[] = wordVectors
    ? wordVectorFeatureNames
    : embeddingFeatureNames;
  const kind = name === undefined ? valid[0] : valid.find((each) => each === name);
  if (kind) return kind;
  const of = wordVectors ? 'word vectors' : 'a language model';
  throw new UsageError(`--features ${name} is not for ${of}: choose ${valid.join(', ')}`);
}

async function evaluateSet(
  name: string,
  set: LexicalRelationSet,
  features: Features,
  flags: ClassificationFlags,
  terminal: Terminal,
): Promise<ClassificationResult> {
  if (flags.grid && !set.validation) {
    terminal.note(
      `${name} has no val.tsv to choose by: the default classifier (hidden size 100, learning rate 0.001) counts`,
    );
  }
  const { evaluateClassification } = await import('../evaluate/classification.ts');
  const { nodeRuntime } = await import('../node/runtime.ts');
  await using runtime = nodeRuntime({ device: flags.device });
  const progress = await terminal.progress(`classifying ${name}`, 'epochs');
  try {
    return await evaluateClassification(set, features.extract, runtime, {
      search: flags.grid ? 'grid' : 'default',
      seed: flags.seed,
      signal: terminal.signal,
      ...(flags.threads !== undefined && { threads: flags.threads }),
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } finally {
    progress.stop();
  }
}

function noteMissing({ missingWords, missingPairs }: Features, terminal: Terminal): void {
  noteMissingWords(missingWords, 'count as zeros in the features', terminal);
  if (missingPairs.size > 0) {
    terminal.warn(
      `${missingPairs.size} pairs have no vector in --pair-vectors and count as zeros: ${[...missingPairs].slice(0, 5).join(', ')}`,
    );
  }
}

function scoresJson({ accuracy, macroF1, microF1, perClass, confusion }: ClassificationScores) {
  return { macroF1, microF1, accuracy, perClass, confusion };
}

function resultsJson(
  results: readonly (ClassificationResult & { readonly name: string })[],
  features: Features,
  flags: ClassificationFlags,
): string {
  return JSON.stringify({
    ...features.names,
    features: featureKind(flags.features, vectorFileOf(flags.model) !== undefined),
    ...(flags.pairVectors !== undefined && { pairVectors: flags.pairVectors }),
    results: results.map(({ name, test, validation, classifier, search }) => ({
      set: name,
      test: scoresJson(test),
      validation: validation ? scoresJson(validation) : null,
      classifier,
      ...(search && { search }),
    })),
    ...(features.missingWords.size > 0 && { missingWords: [...features.missingWords] }),
    ...(features.missingPairs.size > 0 && { missingPairs: features.missingPairs.size }),
  });
}

async function resultsText(
  results: readonly (ClassificationResult & { readonly name: string })[],
  terminal: Terminal,
): Promise<string> {
  const { tableText } = await import('./table.ts');
  const { style } = terminal;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const summary = tableText(
    [
      { title: 'set' },
      right('macro F1 %'),
      right('micro F1 %'),
      right('validation'),
      right('hidden'),
      right('rate'),
      right('epochs'),
    ],
    results.map(({ name, test, validation, classifier }) => [
      ...[name, percent(test.macroF1), percent(test.microF1), validation ? percent(validation.macroF1) : '-'],
      ...[String(classifier.hidden), String(classifier.learningRate), String(classifier.epochs)],
    ]),
    style,
  );
  const details = results.map(({ name, test }) => {
    const { labels, counts } = test.confusion;
    const rows = labels.map((label, i) => {
      const { precision, recall, f1, support } = test.perClass[label] as ClassificationScores['perClass'][string];
      return [
        label,
        percent(precision),
        percent(recall),
        percent(f1),
        String(support),
        ...(counts[i] ?? []).map(String),
      ];
    });
    const columns = [
      right('precision'),
      right('recall'),
      right('F1'),
      right('pairs'),
      ...labels.map((label) => right(`→ ${label}`)),
    ];
    return tableText([{ title: name }, ...columns], rows, style);
  });
  return [summary, ...details].join('\n\n');
}
