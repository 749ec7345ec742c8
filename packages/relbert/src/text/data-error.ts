import { RelbertError } from './relbert-error.ts';

/** The text of a data file and the name that messages give it. The caller reads the file. */
export interface DataFile {
  readonly file: string;
  readonly text: string;
  /** Called when a reader skips a header line, or chooses one of two readings: users should hear of it. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** A data file that does not hold what it should: the message starts with `file:line:` where a line is at fault. */
export class DataError extends RelbertError {
  override readonly name = 'DataError';
  readonly file: string;
  /** Counted from 1; undefined where the file as a whole is at fault. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, problem: string, options?: { readonly cause?: unknown }) {
    super(line === undefined ? `${file}: ${problem}` : `${file}:${line}: ${problem}`, options);
    this.file = file;
    this.line = line;
  }
}
