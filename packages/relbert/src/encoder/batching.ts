/** Default for {@link lengthSortedBatches}: padded tokens of one batch. Larger batches fall out of the processor's cache. */
export const defaultBatchTokens = 1024;

/**
 * Batches of prompts of like length: indices sorted by length (longest first, so that the first batch shows the
 * peak of memory), cut where `longest × count` would exceed the token budget. A prompt longer than the budget is
 * a batch of its own. Ties keep the order of the input, so the same input gives the same batches.
 *
 * @param lengths Number of tokens of each prompt.
 * @param batchTokens Budget of padded tokens a batch.
 */
export function lengthSortedBatches(lengths: readonly number[], batchTokens: number): number[][] {
  if (!Number.isInteger(batchTokens) || batchTokens < 1) {
    throw new RangeError(`batchTokens must be a positive whole number, got ${batchTokens}`);
  }
  const order = lengths.map((_, index) => index).sort((a, b) => length(b) - length(a) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const index of order) {
    if (batch.length > 0 && longest * (batch.length + 1) > batchTokens) {
      batches.push(batch);
      batch = [];
    }
    if (batch.length === 0) longest = length(index);
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;

  function length(index: number): number {
    return lengths[index] as number;
  }
}
