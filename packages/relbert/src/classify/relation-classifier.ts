/** @file A classifier of the relations of word pairs that can be kept: fitted, saved, loaded, and asked. */
import { checkCount, checkOptionNames, OptionError } from '../encoder/option-error.ts';
import type { EncodeOptions, RelationEncoder } from '../encoder/relation-encoder.ts';
import { openClassifier } from '../evaluate/classifier.ts';
import type { FeatureMatrix } from '../evaluate/classifier-model.ts';
import { firstMaximum } from '../evaluate/first-maximum.ts';
import { embeddingFeatures } from '../evaluate/pair-features.ts';
import { pairText, toWordPair, type WordPair, type WordPairLike } from '../pair/word-pair.ts';
import type { Runtime } from '../runtime/session.ts';
import { DisposedError } from '../text/disposed-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { suggestion } from '../text/nearest-name.ts';
import { probabilities } from './calibration.ts';
import { type ClassifierEncoder, type ClassifierParts, classifierFiles, PROBES } from './classifier-file.ts';
import { ClassifierError } from './error.ts';
import { type ClassifierMethod, classesOf, classifierMethods, type FitOptions, fitModel } from './fit.ts';
import type { LabelledExample } from './folds.ts';
import { linearScores } from './linear.ts';

/** The label of pairs that no label fits well enough. */
export const OTHER = 'other';

export interface Prediction {
  readonly head: string;
  readonly tail: string;
  /** The most probable label, or `other` where it is less probable than the threshold. */
  readonly label: string;
  /** Of the most probable label, 0 … 1; of `other` too. */
  readonly probability: number;
}

export interface PredictOptions {
  /** Pairs whose most probable label is below this are labelled `other`, 0 … 1. Default: as fitted, else none are. */
  readonly other?: number | undefined;
  /** Pairs encoded at once; memory is proportional to it. Default 512. */
  readonly blockSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Fitting reports pairs that are encoded, then epochs of the MLP. */
export type FitEvent =
  | { readonly kind: 'encode'; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly done: number; readonly total: number };

export interface FitClassifierOptions extends Omit<FitOptions, 'onProgress'> {
  /** Pairs that settings are chosen and probabilities calibrated on. Default: some of the examples are held out. */
  readonly validation?: readonly LabelledExample[] | undefined;
  /** Threshold of `other`, kept with the classifier. Default: none. */
  readonly other?: number | undefined;
  readonly onProgress?: (event: FitEvent) => void;
}

/** What a classifier says of itself. */
export interface ClassifierInfo
  extends Pick<ClassifierParts, 'labels' | 'encoder' | 'temperature' | 'other' | 'figures'> {
  readonly method: ClassifierMethod;
}

/**
 * Which relation holds between two words, learnt from labelled pairs. Features are [x(h,t); x(t,h)] of relation
 * embeddings x, as in section 4.2 of the paper.
 */
export class RelationClassifier implements AsyncDisposable {
  readonly info: ClassifierInfo;
  readonly #parts: ClassifierParts;
  readonly #encoder: RelationEncoder;
  readonly #score: (features: FeatureMatrix) => Promise<Float32Array>;
  readonly #owned: readonly AsyncDisposable[];
  #disposed = false;

  constructor({ parts, encoder, score, owned }: OpenClassifier) {
    this.info = infoOf(parts);
    this.#parts = parts;
    this.#encoder = encoder;
    this.#score = score;
    this.#owned = owned;
  }

  /**
   * The relation of each pair. Of an array: a promise of all of them, in its order. Of an async iterable: one after the
   * other, in constant memory, for `for await`.
   *
   * @throws PairError for what is not a pair, PromptTooLongError for a prompt over the encoder's limit, OptionError for a
   *   threshold outside 0 … 1, the signal's reason when aborted
   */
  predict(pairs: readonly WordPairLike[], options?: PredictOptions): Promise<Prediction[]>;
  predict(pairs: AsyncIterable<WordPairLike>, options?: PredictOptions): AsyncGenerator<Prediction>;
  predict(
    pairs: readonly WordPairLike[] | AsyncIterable<WordPairLike>,
    options: PredictOptions = {},
  ): Promise<Prediction[]> | AsyncGenerator<Prediction> {
    const stream = this.#predictStream(pairs, options);
    return Array.isArray(pairs) ? all(stream) : stream;
  }

  /** The files that `RelationClassifier.load` takes, by name. */
  files(): Promise<ReadonlyMap<string, string | Uint8Array>> {
    return classifierFiles(this.#parts);
  }

  /** Frees the session, and the encoder where `load` opened it. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const owned of this.#owned) await owned[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async *#predictStream(
    pairs: readonly WordPairLike[] | AsyncIterable<WordPairLike>,
    { other = this.info.other, blockSize = 512, signal }: PredictOptions,
  ): AsyncGenerator<Prediction> {
    if (this.#disposed) throw new DisposedError('this RelationClassifier was disposed');
    checkThreshold(other);
    let block: WordPair[] = [];
    let index = 0;
    for await (const pair of pairs) {
      block.push(toWordPair(pair, index++));
      if (block.length < blockSize) continue;
      yield* await this.#predictBlock(block, other, signal);
      block = [];
    }
    if (block.length > 0) yield* await this.#predictBlock(block, other, signal);
  }

  async #predictBlock(
    pairs: readonly WordPair[],
    other: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Prediction[]> {
    const scores = await this.#score(await featuresOf(this.#encoder, pairs, { signal }));
    const { labels, temperature } = this.info;
    return pairs.map(({ head, tail }, row) => {
      const all = probabilities(scores.subarray(row * labels.length, (row + 1) * labels.length), temperature);
      const best = firstMaximum(all);
      const probability = all[best] as number;
      const label = other !== undefined && probability < other ? OTHER : (labels[best] as string);
      return { head, tail, label, probability };
    });
  }
}

export interface OpenClassifier {
  readonly parts: ClassifierParts;
  readonly encoder: RelationEncoder;
  readonly score: (features: FeatureMatrix) => Promise<Float32Array>;
  /** Disposed of with the classifier. */
  readonly owned: readonly AsyncDisposable[];
}

export function infoOf({ model, labels, encoder, temperature, other, figures }: ClassifierParts): ClassifierInfo {
  return { method: model.method, labels, encoder, temperature, other, figures };
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/**
 * Learns from labelled pairs.
 * @throws PairError or ClassifierError for what is not a pair with a label, fewer than two labels, or a validation pair
 *   with a label that no example has; OptionError for an unknown or invalid option; what `encode` throws
 */
export async function fitParts(
  examples: readonly LabelledExample[],
  encoder: RelationEncoder,
  runtime: Runtime,
  given: FitClassifierOptions,
): Promise<ClassifierParts> {
  checkFitOptions(given);
  const { validation = [], other, onProgress, ...options } = given;
  checkExamples(examples, validation);
  const { signal } = options;
  const features = await featuresOf(encoder, [...examples, ...validation], {
    signal,
    onProgress: (event) => onProgress?.(event),
  });
  const { model, figures } = await fitModel({ examples, validation, features }, runtime, {
    ...options,
    onProgress: ({ done, total }) => onProgress?.({ kind: 'epoch', done, total }),
  });
  return {
    ...{ model, figures, other, encoder: identityOf(encoder), probes: await probesOf(encoder) },
    labels: classesOf(model),
    temperature: figures.calibration?.temperature ?? 1,
  };
}

/** A classifier with the encoder that it was fitted to. `owned` is disposed of with it. */
export async function openParts(
  parts: ClassifierParts,
  encoder: RelationEncoder,
  runtime: Runtime,
  owned: readonly AsyncDisposable[],
): Promise<OpenClassifier> {
  const { model } = parts;
  if (model.method !== 'mlp') {
    return { parts, encoder, owned, score: async (features) => linearScores(model.linear, features) };
  }
  const scorer = await openClassifier(runtime, model.network);
  return { parts, encoder, owned: [scorer, ...owned], score: (features) => scorer.score(features) };
}

/** @throws ClassifierError for an encoder that does not give the embeddings that the classifier was fitted to */
export async function checkEncoder(origin: string, parts: ClassifierParts, encoder: RelationEncoder): Promise<void> {
  const { encoder: fitted, probes } = parts;
  const found = identityOf(encoder);
  const wrong = (what: string): ClassifierError =>
    new ClassifierError(
      `${origin}: fitted to ${fitted.name} (prompt ${excerpt(fitted.prompt)}, ${fitted.pooling}); ${found.name} has ${what}: ` +
        'take the same encoder, or fit the classifier again',
    );
  if (found.dimension !== fitted.dimension) {
    throw wrong(`embeddings of ${found.dimension} numbers instead of ${fitted.dimension}`);
  }
  if (found.pooling !== fitted.pooling) throw wrong(`another pooling, ${found.pooling}`);
  if (found.prompt !== fitted.prompt) throw wrong(`another prompt, ${excerpt(found.prompt)}`);
  const again = await probesOf(encoder);
  const exact = found.dtype === 'f32' && fitted.dtype === 'f32';
  if (relativeDistance(again, probes) > (exact ? 0.01 : 0.2)) throw wrong('other weights');
}

function relativeDistance(a: Float32Array, b: Float32Array): number {
  let [difference, length] = [0, 0];
  for (const [i, value] of b.entries()) {
    difference += ((a[i] as number) - value) ** 2;
    length += value ** 2;
  }
  return Math.sqrt(difference / length);
}

function identityOf({ info }: RelationEncoder): ClassifierEncoder {
  const { origin, prompt, pooling, dimension, dtype } = info;
  return { name: origin, prompt: prompt.text, template: prompt.kind === 'template', pooling, dimension, dtype };
}

async function probesOf(encoder: RelationEncoder): Promise<Float32Array> {
  return (await featuresOf(encoder, PROBES, {})).data;
}

/** [x(h,t); x(t,h)], as the encoder gives them, whether it was loaded to normalise or not. */
function featuresOf(
  encoder: RelationEncoder,
  pairs: readonly WordPair[],
  options: Pick<EncodeOptions, 'signal' | 'onProgress'>,
): Promise<FeatureMatrix> {
  return embeddingFeatures(pairs, (distinct) => encoder.encode(distinct, { ...options, normalize: false }), 'both');
}

const fitOptionNames: Readonly<Record<keyof FitClassifierOptions | 'encoder', true>> = {
  ...{ encoder: true, validation: true, method: true, search: true, other: true, seed: true, alpha: true },
  ...{ batchSize: true, maxEpochs: true, tolerance: true, patience: true, threads: true },
  ...{ signal: true, onProgress: true },
};

/** Before anything is encoded: training takes minutes. @throws OptionError */
function checkFitOptions(options: FitClassifierOptions): void {
  checkOptionNames(options, fitOptionNames);
  checkThreshold(options.other);
  checkChoice('method', options.method, ['auto', ...classifierMethods]);
  checkChoice('search', options.search, ['default', 'grid']);
  for (const name of ['batchSize', 'maxEpochs', 'threads'] as const) {
    const value = options[name];
    if (value !== undefined) checkCount(name, value);
  }
  const { seed, patience, alpha, tolerance } = options;
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new OptionError(`seed must be a whole number, got ${excerpt(seed)}`);
  }
  for (const [name, value] of Object.entries({ patience, alpha, tolerance })) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw new OptionError(`${name} must be a number from 0 upward, got ${excerpt(value)}`);
  }
}

function checkThreshold(other: number | undefined): void {
  if (other === undefined || (Number.isFinite(other) && other >= 0 && other <= 1)) return;
  throw new OptionError(`the threshold of other is a probability, 0 to 1; got ${excerpt(other)}`);
}

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  const near = typeof value === 'string' ? suggestion(value, choices) : '';
  throw new OptionError(`${name} must be one of ${choices.join(', ')}, got ${excerpt(value)}${near}`);
}

function checkExamples(examples: readonly LabelledExample[], validation: readonly LabelledExample[]): void {
  for (const [list, what] of [
    [examples, 'example'],
    [validation, 'validation pair'],
  ] as const) {
    for (const [i, example] of list.entries()) {
      toWordPair(example, i);
      if (typeof example.label !== 'string' || example.label.trim() === '') {
        throw new ClassifierError(
          `${what} ${i} (${pairText(example)}) has the label ${excerpt(example.label)}; expected a text`,
        );
      }
    }
  }
  const labels = new Set(examples.map(({ label }) => label));
  if (labels.size < 2) {
    const found = labels.size === 0 ? 'there are no examples' : `all examples are labelled ${excerpt([...labels][0])}`;
    throw new ClassifierError(`${found}: a classifier needs at least two labels`);
  }
  const unknown = validation.find(({ label }) => !labels.has(label));
  if (unknown) {
    throw new ClassifierError(
      `the validation pair ${pairText(unknown)} has the label ${excerpt(unknown.label)}, which no example has`,
    );
  }
}
