import { byLength } from '../encoder/by-length.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';

/**
 * Prompts cut into a given number of micro-batches of like length: places sorted by length (longest first; ties keep
 * their order), cut so that each micro-batch has about the same number of padded tokens. With fewer prompts
 * than `count`, each prompt is a micro-batch.
 */
export function microBatches(prompts: readonly EncodedPrompt[], count: number): number[][] {
  const length = (place: number) => (prompts[place] as EncodedPrompt).ids.length;
  const order = byLength(prompts.map(({ ids }) => ids.length));
  const batches: number[][] = [];
  let remaining = order.reduce((sum, place) => sum + length(place), 0);
  let start = 0;
  for (let batch = Math.min(count, order.length); batch > 0; batch--) {
    const target = remaining / batch;
    let end = start;
    let tokens = 0;
    // Every later micro-batch keeps at least one prompt.
    while (end < order.length - (batch - 1)) {
      const next = length(order[end] as number);
      if (end > start && batch > 1 && tokens + next / 2 > target) break;
      tokens += next;
      end++;
    }
    batches.push(order.slice(start, end));
    remaining -= tokens;
    start = end;
  }
  return batches;
}

/** Tokens of all prompts, without padding. */
export function tokenCount(prompts: readonly EncodedPrompt[]): number {
  return prompts.reduce((sum, { ids }) => sum + ids.length, 0);
}
