import type { EncodedPrompt } from '../prompt/prompt.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { byLength } from './by-length.ts';
import { checkCount } from './option-error.ts';

/** Default budget of a batch: padded tokens. Larger batches fall out of the processor's cache. */
export const defaultBatchTokens = 512;

/** Padding that the call which leads a batch may cause: about the tokens that a batch more costs. */
const mostPadding = 32;

export interface BatchQueueOptions {
  /** D. */
  readonly dimension: number;
  /** The embeddings [B, D] of prompts that form one padded batch. */
  encode(prompts: readonly EncodedPrompt[]): Promise<Float32Array>;
  /** Batches that are computed side by side, at present; another is built and sent meanwhile. Default 1. */
  readonly parallel?: number | undefined;
  /** Budget of padded tokens a batch. Default {@link defaultBatchTokens}. */
  readonly batchTokens?: number | undefined;
}

export interface QueuedOptions {
  /** Takes the embedding [D] of the prompt at an index; a view, valid during the call. */
  readonly store: (index: number, embedding: Float32Array) => void;
  /** After each batch, with the number of its prompts that belong to this call. */
  readonly onBatch?: (count: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A call of {@link BatchQueue.encode} with prompts that wait or are in flight. */
interface Call extends QueuedOptions {
  readonly prompts: readonly EncodedPrompt[];
  /** Indices of prompts, longest first. */
  readonly order: readonly number[];
  /** Where in `order` the prompts begin that wait. */
  next: number;
  /** Batches in flight that hold prompts of this call. */
  running: number;
  failure?: { readonly reason: unknown };
  readonly end: () => void;
}

/** Prompts of a call in one batch: `order` from `start` to `end`. */
interface Share {
  readonly call: Call;
  readonly start: number;
  readonly end: number;
}

/**
 * Gathers the prompts of all calls in flight into batches of like length.
 *
 * A call's prompts are sorted by length, longest first, so that the first batch shows the peak of memory, and cut where
 * `longest × count` would exceed the budget or the padding {@link mostPadding}; a longer prompt is a batch by itself. A
 * batch with room left takes prompts of the calls that wait as well. While a batch is in flight only a full one, or the
 * next of a cut call, follows it: what comes in the meantime is gathered. Calls lead batches in turn, a new one before
 * those that have led: beside a long call a short one waits for the batches in flight alone.
 *
 * @throws OptionError for a budget below 1
 */
export class BatchQueue {
  readonly #options: BatchQueueOptions;
  readonly #batchTokens: number;
  #turn = eventLoopTurns();
  /** Calls with waiting prompts; the first leads the next batch. */
  #waiting: Call[] = [];
  #running = 0;
  #dispatching = false;

  constructor(options: BatchQueueOptions) {
    const { batchTokens = defaultBatchTokens } = options;
    checkCount('batchTokens', batchTokens);
    this.#options = options;
    this.#batchTokens = batchTokens;
  }

  /**
   * Encodes prompts and hands each embedding to `store`. A failure or an abort ends this call alone, once nothing of it
   * is in flight.
   *
   * @throws what the batch encoder and `store` throw, and the signal's reason when aborted
   */
  async encode(prompts: readonly EncodedPrompt[], options: QueuedOptions): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (prompts.length === 0) return;
    const order = byLength(prompts.map(({ ids }) => ids.length));
    await new Promise<void>((resolve, reject) => {
      const abort = () => this.#fail(call, signal?.reason);
      const end = () => {
        signal?.removeEventListener('abort', abort);
        if (call.failure) reject(call.failure.reason);
        else resolve();
      };
      const call: Call = { ...options, prompts, order, next: 0, running: 0, end };
      signal?.addEventListener('abort', abort, { once: true });
      if (this.#running === 0 && this.#waiting.length === 0) this.#turn = eventLoopTurns();
      const begun = this.#waiting.findIndex(({ next }) => next > 0);
      this.#waiting.splice(begun < 0 ? this.#waiting.length : begun, 0, call);
      this.#schedule();
    });
  }

  /** In a microtask, so that calls made together share the first batch. */
  #schedule(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    queueMicrotask(async () => {
      await this.#turn();
      this.#dispatching = false;
      const parallel = this.#options.parallel ?? 1;
      while (this.#running <= parallel && this.#waiting.length > 0) {
        const batch = this.#nextBatch(this.#running >= parallel);
        if (!batch) return;
        void this.#run(batch);
      }
    });
  }

  /** Takes the next batch. @param full only where there are prompts enough for a full one */
  #nextBatch(full: boolean): readonly Share[] | undefined {
    const batch: Share[] = [];
    let [longest, count, tokens] = [0, 0, 0];
    let isFull = false;
    for (const [place, call] of this.#waiting.entries()) {
      const start = call.next;
      let end = start;
      for (; end < call.order.length; end++) {
        const { length } = promptAt(call, end).ids;
        const padded = Math.max(longest, length) * (count + 1);
        const padding = padded - tokens - length;
        // The call that leads is sorted: what follows leads the next batch. Others have what fits, in their order.
        if (count > 0 && (padded > this.#batchTokens || padding > (place === 0 ? mostPadding : tokens + length))) break;
        longest = Math.max(longest, length);
        tokens += length;
        count++;
      }
      if (end > start) batch.push({ call, start, end });
      isFull = longest * (count + 1) > this.#batchTokens;
      if (isFull) break;
    }
    const [lead] = batch;
    const isCut = lead !== undefined && lead.end < lead.call.order.length;
    if (full && !isFull && !isCut) return undefined;
    for (const { call, end } of batch) call.next = end;
    const left = this.#waiting.filter((call) => call !== lead?.call && call.next < call.order.length);
    if (isCut) left.push(lead.call);
    this.#waiting = left;
    return batch;
  }

  async #run(batch: readonly Share[]): Promise<void> {
    this.#running++;
    for (const { call } of batch) call.running++;
    await this.#encode(batch);
    this.#running--;
    for (const { call } of batch) {
      call.running--;
      this.#endIfDone(call);
    }
    this.#schedule();
  }

  /** Calls that share a failed batch are encoded alone, so that the failure is that of its cause only. */
  async #encode(batch: readonly Share[]): Promise<void> {
    let embeddings: Float32Array;
    try {
      embeddings = await this.#options.encode(batch.flatMap(promptsOf));
    } catch (reason) {
      const [{ call }, ...others] = batch as [Share, ...Share[]];
      if (others.length === 0) this.#fail(call, reason);
      else for (const share of batch) if (!share.call.failure) await this.#encode([share]);
      return;
    }
    let row = 0;
    for (const share of batch) {
      this.#store(share, embeddings, row);
      row += share.end - share.start;
    }
  }

  #store({ call, start, end }: Share, embeddings: Float32Array, row: number): void {
    if (call.failure) return;
    const { dimension } = this.#options;
    try {
      for (let at = start; at < end; at++, row++) {
        call.store(call.order[at] as number, embeddings.subarray(row * dimension, (row + 1) * dimension));
      }
      call.onBatch?.(end - start);
    } catch (reason) {
      this.#fail(call, reason);
    }
  }

  #fail(call: Call, reason: unknown): void {
    call.failure ??= { reason };
    this.#waiting = this.#waiting.filter((waiting) => waiting !== call);
    this.#endIfDone(call);
  }

  #endIfDone(call: Call): void {
    if (call.running === 0 && (call.failure || call.next === call.order.length)) call.end();
  }
}

function promptsOf({ call, start, end }: Share): EncodedPrompt[] {
  return call.order.slice(start, end).map((index) => call.prompts[index] as EncodedPrompt);
}

function promptAt({ prompts, order }: Call, at: number): EncodedPrompt {
  return prompts[order[at] as number] as EncodedPrompt;
}
