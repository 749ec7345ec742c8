/** @file Reading files and standard input: whole, or line by line in constant memory. */

import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { FileError, fileError, systemCode } from './file-error.ts';

/** One line of a text file. */
export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  /** Without its end; the first line without a byte order mark. */
  readonly text: string;
}

export interface ReadLinesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Read instead of `process.stdin` when the path is `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** Longest line, in bytes: longer ones are surely not lines of text, and would fill the memory. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * The lines of a UTF-8 file (`-`: standard input), blank ones included, read as they are asked for. Lines end with
 * LF, CRLF or a lone CR; an unfinished last line counts.
 * @throws FileError, with the line's number where a line is not UTF-8
 */
export async function* readLines(path: string, options: ReadLinesOptions = {}): AsyncGenerator<TextLine> {
  const { signal } = options;
  const name = path === '-' ? 'standard input' : path;
  const chunks =
    path === '-' ? (options.stdin ?? process.stdin) : createReadStream(path, { highWaterMark: 256 * 1024 });
  const splitter = new LineSplitter(name);
  try {
    signal?.throwIfAborted();
    // ends the wait for input that does not come
    if (signal && chunks instanceof Readable) addAbortSignal(signal, chunks);
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      yield* splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array));
    }
    yield* splitter.end();
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(name, 'read', error);
  } finally {
    if ('destroy' in chunks && chunks !== process.stdin) chunks.destroy();
  }
}

/** The text of a UTF-8 file (`-`: standard input) without a byte order mark. @throws FileError, naming the line that is not UTF-8 */
export async function readText(path: string, options: ReadLinesOptions = {}): Promise<string> {
  if (path === '-') {
    const lines: string[] = [];
    for await (const { text } of readLines(path, options)) lines.push(`${text}\n`);
    return lines.join('');
  }
  const bytes = await readBytes(path, options);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const splitter = new LineSplitter(path);
    for (const _ of splitter.push(bytes)); // finds the line
    for (const _ of splitter.end());
    throw new FileError(path, 'not UTF-8');
  }
}

/** The bytes of a file. @throws FileError */
export async function readBytes(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  try {
    return await readFile(path, options.signal ? { signal: options.signal } : {});
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}

/** What a path is; undefined where there is nothing. @throws FileError where that cannot be told */
export async function kindOfPath(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(path, 'read', error);
  }
}

/** Names in a folder, sorted. @throws FileError */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of bytes into lines. */
class LineSplitter {
  readonly #name: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** The last chunk ended with CR: an LF that opens the next one belongs to it. */
  #afterReturn = false;
  #number = 0;

  constructor(name: string) {
    this.#name = name;
  }

  *push(chunk: Uint8Array): Generator<TextLine> {
    let start = this.#afterReturn && chunk[0] === LF ? 1 : 0;
    if (chunk.byteLength > 0) this.#afterReturn = false;
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf >= 0 || cr >= 0) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      yield this.#line(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        if (start === chunk.byteLength) this.#afterReturn = true;
        else if (chunk[start] === LF) start++;
      }
      if (lf >= 0 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr >= 0 && cr < start) cr = chunk.indexOf(CR, start);
    }
    if (start < chunk.byteLength) {
      this.#rest.push(chunk.slice(start)); // a copy: streams reuse their buffers
      this.#restBytes += chunk.byteLength - start;
      if (this.#restBytes > maxLineBytes) {
        throw new FileError(this.#name, `longer than ${maxLineBytes / 1024 / 1024} MiB; is this a text file?`, {
          line: this.#number + 1,
        });
      }
    }
  }

  *end(): Generator<TextLine> {
    if (this.#restBytes > 0) yield this.#line(new Uint8Array());
  }

  #line(bytes: Uint8Array): TextLine {
    const all = this.#restBytes === 0 ? bytes : Buffer.concat([...this.#rest, bytes]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#number++;
    try {
      const text = this.#decoder.decode(all);
      return { number: this.#number, text: this.#number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text };
    } catch {
      throw new FileError(this.#name, 'not UTF-8; save the file as UTF-8', { line: this.#number });
    }
  }
}
