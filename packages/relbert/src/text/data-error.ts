/** The text of a data file and the name that messages give it. Reading files is the caller's part. */
export interface DataFile {
  readonly file: string;
  readonly text: string;
}

/** A data file that does not hold what it should: the message starts with `file:line:` where a line is at fault. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly file: string;
  /** Counted from 1; undefined where the file as a whole is at fault. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, problem: string) {
    super(line === undefined ? `${file}: ${problem}` : `${file}:${line}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}
