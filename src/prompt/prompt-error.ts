/** A prompt that cannot be: an unknown template, a missing placeholder, a trigger outside the vocabulary. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
}
