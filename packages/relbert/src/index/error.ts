import { RelbertError } from '../text/relbert-error.ts';

/** A damaged index, one of another model, or a question that it cannot answer; the message says what to do. */
export class IndexError extends RelbertError {
  override readonly name = 'IndexError';
}
