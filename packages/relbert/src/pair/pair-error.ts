import { RelbertError } from '../text/relbert-error.ts';

/** A text or a value that does not hold a word pair. */
export class PairError extends RelbertError {
  override readonly name = 'PairError';
}
