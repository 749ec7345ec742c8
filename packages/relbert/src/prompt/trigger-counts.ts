import { PromptError } from './prompt-error.ts';

/** How many trigger tokens or vectors stand before the head, between the words, and after the tail (π, τ, γ of the paper). */
export interface TriggerCounts {
  readonly begin: number;
  readonly middle: number;
  readonly end: number;
}

/** The number of triggers. @throws PromptError where it is 0, or a count is not a whole number from 0 upward */
export function triggerCount({ begin, middle, end }: TriggerCounts): number {
  for (const [name, count] of Object.entries({ begin, middle, end })) {
    if (!Number.isInteger(count) || count < 0) {
      throw new PromptError(`the number of triggers '${name}' must be a whole number from 0 upward, got ${count}`);
    }
  }
  const count = begin + middle + end;
  if (count === 0) throw new PromptError('there are no triggers at all: begin, middle or end must be 1 or more');
  return count;
}

/**
 * The number of triggers, where they leave room for the words.
 * @param what the triggers in messages
 * @throws PromptError as {@link triggerCount}, and where the prompt would be longer than `limit` tokens
 */
export function fittingTriggerCount(counts: TriggerCounts, what: 'triggers' | 'vectors', limit: number): number {
  const count = triggerCount(counts);
  // The words and the two special tokens need at least a token each.
  if (count + 4 > limit) {
    throw new PromptError(
      `${count} ${what} leave no room for the words: the model takes ${limit} tokens, special tokens included`,
    );
  }
  return count;
}
