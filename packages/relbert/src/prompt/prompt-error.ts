import { RelbertError } from '../text/relbert-error.ts';

/** An invalid prompt: an unknown template, a missing placeholder, a trigger outside the vocabulary. */
export class PromptError extends RelbertError {
  override readonly name: string = 'PromptError';
}

/** The fault lies in what was read (a pair, a checkpoint, the state of a run), not in the caller's options. */
export class PromptContentError extends PromptError {
  override readonly name = 'PromptContentError';
}
