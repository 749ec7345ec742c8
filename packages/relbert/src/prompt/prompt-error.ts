/** A prompt that cannot be: an unknown template, a missing placeholder, a trigger outside the vocabulary. */
export class PromptError extends Error {
  override readonly name: string = 'PromptError';
}

/** One that lies in what was read (a pair, a checkpoint, the course of a run) and not in what was asked for. */
export class PromptContentError extends PromptError {
  override readonly name = 'PromptContentError';
}
