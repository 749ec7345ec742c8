import { deduplicatePairs } from '../pair/pair-key.ts';
import { toWordPair, type WordPair, type WordPairLike } from '../pair/word-pair.ts';
import type { EncodedPrompt, Prompt } from '../prompt/prompt.ts';
import type { Device } from '../runtime/device.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { excerpt } from '../text/excerpt.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { BatchQueue } from './batch-queue.ts';
import { checkEmbedding } from './embedding-error.ts';
import { cosine, type EmbeddingBlock, type Embeddings, normalizeRows, row, type SkippedPair } from './embeddings.ts';
import type { PromptBatchEncoder } from './prompt-batch-encoder.ts';
import { untilAborted } from './until-aborted.ts';

/** What a relation encoder is, for people and for reports. */
export interface EncoderInfo {
  /** Where the checkpoint came from: a folder, or `id@revision`. */
  readonly origin: string;
  /** `bert`, `roberta`, … */
  readonly architecture: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  /** Weights that encoding uses. */
  readonly parameters: number;
  readonly prompt: { readonly kind: Prompt['kind']; readonly text: string };
  readonly pooling: string;
  /** Length of one embedding. */
  readonly dimension: number;
  /** Tokens that a prompt may have, special tokens included. */
  readonly maxLength: number;
  readonly dtype: 'f32' | 'int8';
  /** Type of the weights as stored. */
  readonly storedDtype: string;
  /** Bytes of the weights as stored. */
  readonly bytes: number;
  /** `node`, `node-worker` or `web`. */
  readonly runtime: string;
  /** What computes: `cpu`, `wasm`, `webgpu` … */
  readonly device: Device;
  /** Where the prompt (not the pooling) is from: the checkpoint, the caller's options, or the default for a plain language model. */
  readonly promptFrom: 'checkpoint' | 'options' | 'default';
}

/** What happens while pairs are encoded. */
export type EncodeEvent =
  /** `done` of `total` distinct prompts have their embedding. */
  { readonly kind: 'encode'; readonly done: number; readonly total: number };

export interface EncodeOptions {
  /** A prompt longer than the limit: `error` (default) throws {@link PromptTooLongError}, `skip` leaves a row of NaN and reports it. */
  readonly onTooLong?: 'error' | 'skip';
  /** Divide each embedding by its Euclidean norm. Default: as given to `load`, else false. */
  readonly normalize?: boolean;
  readonly onProgress?: (event: EncodeEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamOptions extends EncodeOptions {
  /** Pairs a block; memory is proportional to it. Default 4096. */
  readonly blockSize?: number;
}

/** One candidate of an analogy question with its score. */
export interface RankedChoice {
  readonly pair: WordPair;
  /** Cosine to the stem. */
  readonly score: number;
  /** Place among the choices as given. */
  readonly index: number;
}

/** A prompt that has more tokens than the model or `maxLength` allows. Nothing is cut silently. */
export class PromptTooLongError extends RelbertError {
  override readonly name = 'PromptTooLongError';
  readonly pair: WordPair;
  readonly length: number;
  readonly limit: number;

  constructor(skipped: SkippedPair) {
    const { pair, length, limit } = skipped;
    super(
      `the prompt of the pair ${JSON.stringify([pair.head, pair.tail])} has ${length} tokens, ${limit} are allowed: ` +
        "use a shorter template, a larger maxLength where the model takes it, or onTooLong: 'skip'",
    );
    this.pair = pair;
    this.length = length;
    this.limit = limit;
  }
}

export interface RelationEncoderParts {
  readonly info: EncoderInfo;
  readonly prompt: Prompt;
  readonly batchEncoder: PromptBatchEncoder;
  /** Padded tokens a batch. Default {@link defaultBatchTokens}. */
  readonly batchTokens?: number;
  readonly normalize?: boolean;
}

/**
 * Word pairs to relation embeddings: prompt, tokens, language model, pooling.
 *
 * Made by `RelationEncoder.load`, which the entry points for Node and for browsers provide. Every distinct pair of
 * a call is encoded once; prompts of like length share a batch, those of calls in flight at the same time too: many
 * callers with a pair each are encoded about as fast as one with many. A signal stops its own call only.
 */
export class RelationEncoder implements AsyncDisposable {
  readonly info: EncoderInfo;
  /** The prompt that pairs are written into. */
  readonly prompt: Prompt;
  readonly #batchEncoder: PromptBatchEncoder;
  readonly #queue: BatchQueue;
  readonly #normalize: boolean;
  #disposed = false;

  constructor(parts: RelationEncoderParts) {
    this.info = parts.info;
    this.prompt = parts.prompt;
    this.#batchEncoder = parts.batchEncoder;
    this.#queue = new BatchQueue({
      dimension: parts.info.dimension,
      batchTokens: parts.batchTokens,
      encode: (prompts) => parts.batchEncoder.encode(prompts),
    });
    this.#normalize = parts.normalize ?? false;
  }

  /** Length of one embedding. */
  get dimension(): number {
    return this.info.dimension;
  }

  /**
   * Embeddings of pairs. Of an array: a promise of all of them, [n, D], rows in the order of the input; an empty array
   * gives an empty matrix. Of an async iterable: blocks of them, in constant memory, for `for await`. Any other iterable
   * (a Set, a generator) and an array block by block: {@link encodeStream}.
   *
   * @throws TypeError at once where `pairs` is neither of the two; PairError for what is not a pair, {@link
   *   PromptTooLongError} for a prompt over the limit, EmbeddingError for an embedding that is not finite or is zero,
   *   CheckpointError for a token without a word embedding, the signal's reason when aborted
   */
  encode(pairs: readonly WordPairLike[], options?: EncodeOptions): Promise<Embeddings>;
  encode(pairs: AsyncIterable<WordPairLike>, options?: StreamOptions): AsyncGenerator<EmbeddingBlock>;
  encode(
    pairs: readonly WordPairLike[] | AsyncIterable<WordPairLike>,
    options: StreamOptions = {},
  ): Promise<Embeddings> | AsyncGenerator<EmbeddingBlock> {
    // untyped code may bring anything
    const given: unknown = pairs;
    if (Array.isArray(given)) return this.#encodeAll(given, options);
    if (isAsyncIterable(given)) return this.encodeStream(given, options);
    throw new TypeError(
      `encode takes an array or an async iterable of pairs, got ${described(given)}: ` +
        'put the pairs into an array, or give another iterable to encodeStream',
    );
  }

  /**
   * Embeddings of a stream of pairs, block by block in its order, in memory proportional to `blockSize`. The stream is
   * an async iterable or an iterable of any kind: a generator, a Set, an array. An abort is heard while it waits, too.
   *
   * @throws as {@link encode} does, at the first block that is asked for; RangeError for a block size below 1
   */
  async *encodeStream(
    pairs: AsyncIterable<WordPairLike> | Iterable<WordPairLike>,
    options: StreamOptions = {},
  ): AsyncGenerator<EmbeddingBlock> {
    const { blockSize = 4096, ...encodeOptions } = options;
    if (!Number.isInteger(blockSize) || blockSize < 1) {
      throw new RangeError(`blockSize must be a positive whole number, got ${blockSize}`);
    }
    let block: WordPair[] = [];
    let index = 0;
    for await (const pair of options.signal ? untilAborted(pairs, options.signal) : pairs) {
      block.push(toWordPair(pair, index++));
      if (block.length === blockSize) {
        yield { pairs: block, ...(await this.#encodeAll(block, encodeOptions)) };
        block = [];
      }
    }
    if (block.length > 0) yield { pairs: block, ...(await this.#encodeAll(block, encodeOptions)) };
  }

  /** Cosine of the embeddings of two pairs: −1 … 1. */
  async similarity(a: WordPairLike, b: WordPairLike, options?: EncodeOptions): Promise<number> {
    const embeddings = await this.#encodeAll([toWordPair(a), toWordPair(b)], { ...options, onTooLong: 'error' });
    return cosine(row(embeddings, 0), row(embeddings, 1));
  }

  /** The choices of an analogy question by cosine to the stem, best first; equal scores keep the order given. */
  async rankAnalogy(
    stem: WordPairLike,
    choices: readonly WordPairLike[],
    options?: EncodeOptions,
  ): Promise<RankedChoice[]> {
    const pairs = choices.map(toWordPair);
    const embeddings = await this.#encodeAll([toWordPair(stem), ...pairs], { ...options, onTooLong: 'error' });
    const query = row(embeddings, 0);
    return pairs
      .map((pair, index) => ({
        pair,
        score: cosine(query, row(embeddings, index + 1)),
        index,
      }))
      .sort((a, b) => b.score - a.score || a.index - b.index);
  }

  /** Frees the session and, where there is one, the worker thread. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#batchEncoder.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #encodeAll(pairs: readonly WordPairLike[], options: EncodeOptions): Promise<Embeddings> {
    if (this.#disposed) throw new Error('this RelationEncoder was disposed');
    const { signal, onProgress, onTooLong = 'error', normalize = this.#normalize } = options;
    signal?.throwIfAborted();
    const dimension = this.info.dimension;
    const data = new Float32Array(pairs.length * dimension);
    const { distinct, rows } = deduplicatePairs(pairs.map(toWordPair));

    const turn = eventLoopTurns();
    const prompts: EncodedPrompt[] = [];
    for (const pair of distinct) {
      prompts.push(this.prompt.encode(pair));
      const pause = turn();
      if (pause) await pause;
      signal?.throwIfAborted();
    }
    const skipped = this.#tooLong(pairs, rows, prompts, onTooLong);
    for (const { index } of skipped) data.fill(Number.NaN, index * dimension, (index + 1) * dimension);
    const tooLong = new Set(skipped.map(({ index }) => rows[index]));
    const wanted = prompts.flatMap((prompt, index) => (tooLong.has(index) ? [] : [{ prompt, index }]));
    const places = placesOf(rows, distinct.length);
    let done = 0;
    await this.#queue.encode(
      wanted.map(({ prompt }) => prompt),
      {
        signal,
        store: (at, embedding) => {
          const { index } = wanted[at] as (typeof wanted)[number];
          checkEmbedding(embedding, this.info.hiddenSize, distinct[index] as WordPair);
          if (normalize) normalizeRows(embedding, dimension);
          for (const place of places[index] as number[]) data.set(embedding, place * dimension);
        },
        onBatch: (count) => {
          done += count;
          onProgress?.({ kind: 'encode', done, total: wanted.length });
        },
      },
    );
    return { data, shape: [pairs.length, dimension], skipped };
  }

  #tooLong(
    pairs: readonly WordPairLike[],
    rows: Int32Array | readonly number[],
    prompts: readonly EncodedPrompt[],
    onTooLong: 'error' | 'skip',
  ): SkippedPair[] {
    const limit = this.info.maxLength;
    if (!prompts.some(({ ids }) => ids.length > limit)) return [];
    const skipped: SkippedPair[] = [];
    for (const [index, pair] of pairs.entries()) {
      const { length } = (prompts[rows[index] as number] as EncodedPrompt).ids;
      if (length <= limit) continue;
      const one: SkippedPair = { index, pair: toWordPair(pair), length, limit };
      if (onTooLong === 'error') throw new PromptTooLongError(one);
      skipped.push(one);
    }
    return skipped;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<WordPairLike> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A wrong argument in a message: a Set or a generator by its class, as its JSON is `{}`. */
function described(value: unknown): string {
  const iterable = typeof value === 'object' && value !== null && Symbol.iterator in value;
  return iterable ? Object.prototype.toString.call(value) : excerpt(value);
}

/** For each distinct pair, the rows of the input that hold it. */
function placesOf(rows: Int32Array | readonly number[], count: number): number[][] {
  const places: number[][] = Array.from({ length: count }, () => []);
  for (const [place, index] of rows.entries()) (places[index] as number[]).push(place);
  return places;
}
