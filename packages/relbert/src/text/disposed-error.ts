import { RelbertError } from './relbert-error.ts';

/** An encoder, classifier or index is used after it was disposed of. */
export class DisposedError extends RelbertError {
  override readonly name = 'DisposedError';
}
