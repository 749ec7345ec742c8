import { DataError, type DataFile } from './data-error.ts';

/** One line of a data file. */
export interface Line {
  readonly file: string;
  /** Counted from 1, blank lines included. */
  readonly number: number;
  /** Without its end; the first line without a byte order mark. */
  readonly text: string;
}

/** One line of a file, not decoded, without its end. */
export interface ByteLine {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Longest line, in bytes or in characters: a longer one is not a line of text, and would fill the memory. */
const MAX_LINE = 64 * 1024 * 1024;

/** Longest string of JavaScript engines. */
const MAX_TEXT = 2 ** 29 - 24;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a stream of bytes into lines, which end in LF, CRLF or a lone CR; an unfinished last line counts. Each byte is
 * copied at most once, however long the line.
 *
 * @throws DataError for a line over 64 MiB
 */
export class LineCutter {
  readonly #file: string;
  /** The pieces of a line whose end has not come yet. */
  #open: Uint8Array[] = [];
  #openBytes = 0;
  /** The last chunk ended in CR: an LF at the start of the next one belongs to it. */
  #afterReturn = false;
  #number = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The lines that end in this chunk. */
  *push(chunk: Uint8Array): Generator<ByteLine> {
    let start = this.#afterReturn && chunk[0] === LF ? 1 : 0;
    if (chunk.length > 0) this.#afterReturn = false;
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf >= 0 || cr >= 0) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      yield this.#line(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        if (start === chunk.length) this.#afterReturn = true;
        else if (chunk[start] === LF) start++;
      }
      if (lf >= 0 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr >= 0 && cr < start) cr = chunk.indexOf(CR, start);
    }
    if (start === chunk.length) return;
    this.#open.push(new Uint8Array(chunk.subarray(start))); // a copy, which Buffer.slice is not: streams reuse their buffers
    this.#openBytes += chunk.length - start;
    checkLength(this.#file, this.#number + 1, this.#openBytes);
  }

  /** The line that the end of the file cut off, if any. */
  *end(): Generator<ByteLine> {
    if (this.#openBytes > 0) yield this.#line(new Uint8Array());
  }

  #line(end: Uint8Array): ByteLine {
    const number = ++this.#number;
    if (this.#openBytes === 0) return { number, bytes: end };
    const bytes = new Uint8Array(this.#openBytes + end.length);
    let at = 0;
    for (const piece of [...this.#open, end]) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#open = [];
    this.#openBytes = 0;
    return { number, bytes };
  }
}

function checkLength(file: string, line: number, length: number): void {
  if (length <= MAX_LINE) return;
  throw new DataError(file, line, `longer than ${MAX_LINE / 1024 / 1024} MiB; is this a text file?`);
}

/** The lines of a stream of bytes, a group for each chunk: an iteration step a line would take longer than the line. */
export async function* lineGroups(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): AsyncGenerator<Iterable<ByteLine>> {
  const cutter = new LineCutter(file);
  for await (const chunk of chunks) yield cutter.push(chunk);
  yield cutter.end();
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A line as text. @throws DataError where it is not UTF-8 */
export function decodeLine(file: string, { number, bytes }: ByteLine): Line {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new DataError(file, number, 'not valid UTF-8: save the file as UTF-8');
  }
  return { file, number, text: number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text };
}

/** A whole file as text without a byte order mark. @throws DataError naming the line that is not UTF-8 */
export function decodeText(file: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_TEXT) throw new DataError(file, undefined, 'larger than 512 MiB, too large to be read whole');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const cutter = new LineCutter(file);
    for (const line of cutter.push(bytes)) decodeLine(file, line);
    for (const line of cutter.end()) decodeLine(file, line);
    throw new DataError(file, undefined, 'not valid UTF-8: save the file as UTF-8');
  }
}

/** All lines of a text, blank ones included. */
export function allLines({ file, text }: DataFile): Line[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, i) => {
      checkLength(file, i + 1, line.length);
      return { file, number: i + 1, text: line };
    });
}

/** The lines of a text that are not blank. */
export function linesOf(data: DataFile): Line[] {
  return allLines(data).filter(({ text }) => text.trim() !== '');
}

/** The problem of one line. */
export function lineError(line: Pick<Line, 'file' | 'number'>, problem: string): DataError {
  return new DataError(line.file, line.number, problem);
}
