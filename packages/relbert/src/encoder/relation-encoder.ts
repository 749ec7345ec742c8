import { sharedWordLoss } from '../pair/shared-word.ts';
import { toWordPair, type WordPair, type WordPairLike } from '../pair/word-pair.ts';
import type { Prompt } from '../prompt/prompt.ts';
import { DisposedError } from '../text/disposed-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { cosine, type EmbeddingBlock, type Embeddings, row } from './embeddings.ts';
import { checkCount, checkOptionNames, checkSharedWordDiscount } from './option-error.ts';
import {
  type EncodeOptions,
  type EncoderInfo,
  LocalPairEncoder,
  type PairEncoder,
  type RelationEncoderParts,
} from './pair-encoder.ts';
import type { PromptToken } from './prompt-tokens.ts';
import { untilAborted } from './until-aborted.ts';

export {
  type EncodeEvent,
  type EncodeOptions,
  type EncoderInfo,
  PromptTooLongError,
  type RelationEncoderParts,
} from './pair-encoder.ts';

export interface StreamOptions extends EncodeOptions {
  /** Pairs a block; memory is proportional to it. Default 4096. */
  readonly blockSize?: number | undefined;
  /**
   * Reads a block while the one before it is computed: faster, with two blocks in memory; of a slow source each block comes
   * when the next is read. Default false.
   */
  readonly readAhead?: boolean | undefined;
}

export interface RankOptions extends EncodeOptions {
  /**
   * What the cosine of a choice loses that has a word of the stem in the same place; half of it for one that has it in the
   * other place. 0 to 2; 0: rank by the cosine. Default: the model's ({@link EncoderInfo.sharedWordDiscount}).
   */
  readonly sharedWordDiscount?: number | undefined;
}

const streamOptionNames: Readonly<Record<keyof StreamOptions, true>> = {
  ...{ onTooLong: true, normalize: true, onProgress: true, signal: true, blockSize: true, readAhead: true },
};
const rankOptionNames: Readonly<Record<keyof RankOptions, true>> = {
  ...{ onTooLong: true, normalize: true, onProgress: true, signal: true, sharedWordDiscount: true },
};

/** One candidate of an analogy question with its score. */
export interface RankedChoice {
  readonly pair: WordPair;
  /** What the choices are ranked by: the cosine, less the discount where it shares a word with the stem. */
  readonly score: number;
  /** Cosine to the stem, −1 … 1. */
  readonly cosine: number;
  /** Place among the choices as given. */
  readonly index: number;
}

/**
 * Word pairs to relation embeddings: prompt, tokens, language model, pooling.
 *
 * Made by `RelationEncoder.load`, which the entry points for Node and for browsers provide. Every distinct pair of
 * a call is encoded once; prompts of like length share a batch, those of calls in flight at the same time too: many
 * callers with a pair each are encoded about as fast as one with many. A signal stops its own call only.
 */
export class RelationEncoder implements AsyncDisposable {
  readonly #encoder: PairEncoder;
  #disposed = false;

  constructor(encoder: PairEncoder | RelationEncoderParts) {
    this.#encoder = 'batchEncoder' in encoder ? new LocalPairEncoder(encoder) : encoder;
  }

  get info(): EncoderInfo {
    return this.#encoder.info;
  }

  /** The prompt that pairs are written into. @throws RelbertError where it is in a web worker: see {@link promptTokens} */
  get prompt(): Prompt {
    return this.#encoder.prompt;
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
   *   CheckpointError for a token without a word embedding, OptionError for an unknown option, DisposedError after `dispose`, the
   *   signal's reason when aborted
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
   * @throws as {@link encode} does, at the first block that is asked for; OptionError for a block size below 1 or an unknown option
   */
  async *encodeStream(
    pairs: AsyncIterable<WordPairLike> | Iterable<WordPairLike>,
    options: StreamOptions = {},
  ): AsyncGenerator<EmbeddingBlock> {
    checkOptionNames(options, streamOptionNames);
    const { blockSize = 4096, readAhead = false, ...encodeOptions } = options;
    checkCount('blockSize', blockSize);
    let block: WordPair[] = [];
    let index = 0;
    const begin = (): Promise<EmbeddingBlock> => {
      const pairs = block;
      block = [];
      const begun = this.#encodeAll(pairs, encodeOptions).then((embeddings) => ({ pairs, ...embeddings }));
      begun.catch(() => {}); // thrown where it is awaited, if the stream lasts until then
      return begun;
    };
    let before: Promise<EmbeddingBlock> | undefined;
    for await (const pair of options.signal ? untilAborted(pairs, options.signal) : pairs) {
      block.push(toWordPair(pair, index++));
      if (block.length < blockSize) continue;
      const begun = begin();
      if (before) yield await before;
      if (readAhead) before = begun;
      else yield await begun;
    }
    const rest = block.length > 0 ? begin() : undefined;
    if (before) yield await before;
    if (rest) yield await rest;
  }

  /** Cosine of the embeddings of two pairs: −1 … 1. */
  async similarity(a: WordPairLike, b: WordPairLike, options?: EncodeOptions): Promise<number> {
    const embeddings = await this.#encodeAll([toWordPair(a), toWordPair(b)], { ...options, onTooLong: 'error' });
    return cosine(row(embeddings, 0), row(embeddings, 1));
  }

  /**
   * The choices of an analogy question by how alike their relation is to that of the stem, best first: by cosine (Ushio et al.
   * 2021, section 4.1), less a discount where they share a word with it, which pulls a cosine up whatever the relation.
   * Equal scores keep the order given.
   *
   * @throws as {@link encode} does; OptionError for a discount that is not a number from 0 to 2
   */
  async rankAnalogy(
    stem: WordPairLike,
    choices: readonly WordPairLike[],
    options: RankOptions = {},
  ): Promise<RankedChoice[]> {
    checkOptionNames(options, rankOptionNames);
    const { sharedWordDiscount: discount = this.info.sharedWordDiscount, ...encodeOptions } = options;
    checkSharedWordDiscount(discount);
    const question = toWordPair(stem);
    const pairs = choices.map(toWordPair);
    const embeddings = await this.#encodeAll([question, ...pairs], { ...encodeOptions, onTooLong: 'error' });
    const query = row(embeddings, 0);
    return pairs
      .map((pair, index) => {
        const alike = cosine(query, row(embeddings, index + 1));
        return { pair, score: alike - sharedWordLoss(question, pair, discount), cosine: alike, index };
      })
      .sort((a, b) => b.score - a.score || a.index - b.index);
  }

  /** What the language model reads of a pair: the tokens of its prompt, and with which weights they are pooled. */
  async promptTokens(pair: WordPairLike): Promise<PromptToken[]> {
    this.#checkOpen();
    return this.#encoder.promptTokens(toWordPair(pair));
  }

  /** Frees the session and, where there is one, the worker thread. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#encoder.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #encodeAll(pairs: readonly WordPairLike[], options: EncodeOptions): Promise<Embeddings> {
    this.#checkOpen();
    checkOptionNames(options, streamOptionNames);
    return this.#encoder.encode(pairs, options);
  }

  #checkOpen(): void {
    if (this.#disposed) throw new DisposedError('this RelationEncoder was disposed');
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
