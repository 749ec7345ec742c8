import { RelbertError } from '../text/relbert-error.ts';

/** A checkpoint that cannot be found, fetched, read or written; the message says what to do. */
export class CheckpointError extends RelbertError {
  override readonly name = 'CheckpointError';
  /** The folder, file or hub id concerned. */
  readonly origin: string;

  constructor(origin: string, problem: string, options?: { readonly cause?: unknown }) {
    super(`${origin}: ${problem}`, options);
    this.origin = origin;
  }
}
