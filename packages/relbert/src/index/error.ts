import { RelbertError } from '../text/relbert-error.ts';

/** A damaged index, one of another model, or a question that it cannot answer; the message says what to do. */
export class IndexError extends RelbertError {
  override readonly name: string = 'IndexError';
}

/** A condition of `where` that cannot be read, or names a column that the index does not have. */
export class WhereError extends IndexError {
  override readonly name = 'WhereError';
}
