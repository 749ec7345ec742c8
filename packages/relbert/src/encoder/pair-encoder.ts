import { deduplicatePairs } from '../pair/pair-key.ts';
import { toWordPair, type WordPair, type WordPairLike } from '../pair/word-pair.ts';
import type { EncodedPrompt, Prompt } from '../prompt/prompt.ts';
import type { Device } from '../runtime/device.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { BatchQueue } from './batch-queue.ts';
import { checkEmbedding } from './embedding-error.ts';
import { type Embeddings, normalizeRows, type SkippedPair } from './embeddings.ts';
import type { PromptBatchEncoder } from './prompt-batch-encoder.ts';
import type { PromptToken } from './prompt-tokens.ts';

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
  /**
   * What {@link RelationEncoder.rankAnalogy} takes off the cosine of a choice that shares a word with the stem, 0 to 2: of the
   * checkpoint (`relbert_config.shared_word_discount`), else, and with another prompt or pooling than the checkpoint's, 0.
   */
  readonly sharedWordDiscount: number;
  /** Length of one embedding. */
  readonly dimension: number;
  /** Tokens that a prompt may have, special tokens included. */
  readonly maxLength: number;
  readonly dtype: 'f32' | 'int8';
  /** Type of the weights as stored. */
  readonly storedDtype: string;
  /** Bytes of the weights as stored. */
  readonly bytes: number;
  /** `node`, `node-worker`, `web` or `web-worker`. */
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
  readonly onTooLong?: 'error' | 'skip' | undefined;
  /** Divide each embedding by its Euclidean norm. Default: as given to `load`, else false. */
  readonly normalize?: boolean | undefined;
  readonly onProgress?: ((event: EncodeEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
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
  /** Padded tokens a batch. Default {@link BatchQueue}'s. */
  readonly batchTokens?: number | undefined;
  readonly normalize?: boolean | undefined;
  /** The tokens of a pair's prompt. */
  readonly promptTokens: (pair: WordPair) => PromptToken[];
}

/** Pairs to their embeddings, in this thread or in a worker. */
export interface PairEncoder {
  readonly info: EncoderInfo;
  /** @throws where the prompt is in a worker */
  readonly prompt: Prompt;
  encode(pairs: readonly WordPairLike[], options: EncodeOptions): Promise<Embeddings>;
  promptTokens(pair: WordPair): Promise<PromptToken[]>;
  dispose(): Promise<void>;
}

/** In this thread. Every distinct pair of a call is encoded once; prompts of like length share a batch. */
export class LocalPairEncoder implements PairEncoder {
  readonly info: EncoderInfo;
  readonly prompt: Prompt;
  readonly #batchEncoder: PromptBatchEncoder;
  readonly #queue: BatchQueue;
  readonly #normalize: boolean;
  readonly #promptTokens: RelationEncoderParts['promptTokens'];

  constructor({ info, prompt, batchEncoder, batchTokens, normalize, promptTokens }: RelationEncoderParts) {
    this.info = info;
    this.prompt = prompt;
    this.#batchEncoder = batchEncoder;
    this.#queue = new BatchQueue({
      dimension: info.dimension,
      batchTokens,
      get parallel() {
        return batchEncoder.parallel;
      },
      encode: (prompts) => batchEncoder.encode(prompts),
    });
    this.#normalize = normalize ?? false;
    this.#promptTokens = promptTokens;
  }

  async promptTokens(pair: WordPair): Promise<PromptToken[]> {
    return this.#promptTokens(pair);
  }

  async dispose(): Promise<void> {
    await this.#batchEncoder.dispose();
  }

  async encode(pairs: readonly WordPairLike[], options: EncodeOptions): Promise<Embeddings> {
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

/** For each distinct pair, the rows of the input that hold it. */
function placesOf(rows: Int32Array | readonly number[], count: number): number[][] {
  const places: number[][] = Array.from({ length: count }, () => []);
  for (const [place, index] of rows.entries()) (places[index] as number[]).push(place);
  return places;
}
