/** Where a pair was written, for messages. */
export interface PairPlace {
  /** Name of the file, or `standard input`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A text or a value that does not hold a word pair: the message starts with `file:line:` where it came from a file. */
export class PairError extends Error {
  override readonly name = 'PairError';
  readonly file: string | undefined;
  readonly line: number | undefined;

  constructor(problem: string, place?: PairPlace) {
    super(place ? `${place.file}:${place.line}: ${problem}` : problem);
    this.file = place?.file;
    this.line = place?.line;
  }
}
