import { eventLoopTurns } from '../runtime/event-loop.ts';

/** Default for {@link lengthSortedBatches}: padded tokens of one batch. Larger batches fall out of the processor's cache. */
export const defaultBatchTokens = 1024;

/** Places of prompts, longest first; equal lengths keep the order given. */
export function byLength(lengths: readonly number[]): number[] {
  const length = (place: number): number => lengths[place] as number;
  return lengths.map((_, place) => place).sort((a, b) => length(b) - length(a) || a - b);
}

/**
 * Batches of prompts of like length: places sorted by length (longest first, so that the first batch shows the peak of
 * memory), cut where `longest × count` would exceed the token budget. A prompt longer than the budget is a batch by
 * itself.
 *
 * @param lengths Number of tokens of each prompt.
 * @param batchTokens Budget of padded tokens a batch.
 */
export function lengthSortedBatches(lengths: readonly number[], batchTokens = defaultBatchTokens): number[][] {
  if (!Number.isInteger(batchTokens) || batchTokens < 1) {
    throw new RangeError(`batchTokens must be a positive whole number, got ${batchTokens}`);
  }
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const place of byLength(lengths)) {
    if (batch.length > 0 && longest * (batch.length + 1) > batchTokens) {
      batches.push(batch);
      batch = [];
    }
    if (batch.length === 0) longest = lengths[place] as number;
    batch.push(place);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

export interface EncodeBatchesOptions {
  /** D. */
  readonly dimension: number;
  /** Takes the embedding [D] of the prompt at a place; a view, valid during the call. */
  readonly store: (place: number, embedding: Float32Array) => void;
  /** Batches in flight at once: one runs while the next is built. Default 1. */
  readonly inFlight?: number;
  /** After each batch. */
  readonly onBatch?: (batch: readonly number[]) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Encodes batches of places and hands each embedding to its place. The event loop gets its turns between batches; the
 * first failure stops the rest.
 *
 * @param encode The embeddings [B, D] of one batch, in its order.
 * @throws what `encode` and `store` throw, and the signal's reason when aborted
 */
export async function encodeBatches(
  batches: readonly (readonly number[])[],
  encode: (batch: readonly number[], index: number) => Promise<Float32Array>,
  { dimension, store, inFlight = 1, onBatch, signal }: EncodeBatchesOptions,
): Promise<void> {
  const queue = batches.entries();
  const turn = eventLoopTurns();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, batch] of queue) {
      if (failed) return;
      await turn();
      signal?.throwIfAborted();
      const rows = await encode(batch, index);
      for (const [i, place] of batch.entries()) store(place, rows.subarray(i * dimension, (i + 1) * dimension));
      onBatch?.(batch);
    }
  };
  const lanes = Array.from({ length: inFlight }, () =>
    lane().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // Every lane ends before the error goes on, so that nothing runs on a disposed session.
  const ends = await Promise.allSettled(lanes);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
