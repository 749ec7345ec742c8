import { PairError } from './pair-error.ts';
import { checkCount, checkedPair, looksLikeJson, parseJsonPair } from './parse-pair.ts';
import type { WordPair } from './word-pair.ts';

/**
 * How the lines of a pairs file are written:
 * - `tsv`: head, tab, tail;
 * - `csv`: head, comma, tail; quoted fields, doubled quotes and line breaks in quotes as in RFC 4180;
 * - `jsonl`: `["head","tail"]` or `{"head":"…","tail":"…"}`;
 * - `mixed`: each line is JSON or separated by a tab (standard input).
 *
 * Blank lines are left out, a byte order mark and the ends of Windows lines are removed, and white space around
 * words too, JSON aside.
 */
export type PairFileFormat = 'tsv' | 'csv' | 'jsonl' | 'mixed';

const formatByEnding: Readonly<Record<string, PairFileFormat>> = { tsv: 'tsv', csv: 'csv', jsonl: 'jsonl' };

/**
 * The format of a pairs file by its ending; `-` (standard input) is `mixed`.
 * @throws PairError for another ending
 */
export function pairFileFormat(name: string): PairFileFormat {
  if (name === '-') return 'mixed';
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase();
  const format = ending === undefined ? undefined : formatByEnding[ending];
  if (format) return format;
  throw new PairError(`${name}: a pairs file ends in .tsv, .csv or .jsonl, or is - for standard input`);
}

export interface PairFileOptions {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Default: by the ending of `file`. */
  readonly format?: PairFileFormat;
}

/**
 * The pairs of a file that arrives in pieces, in memory proportional to one piece.
 * @throws PairError naming file and line: one word, three words, a blank word, no JSON, invalid UTF-8, an open quote
 */
export async function* parsePairFile(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: PairFileOptions,
): AsyncGenerator<WordPair> {
  const parser = new PairFileParser(options);
  for await (const chunk of chunks) yield* parser.push(chunk);
  yield* parser.end();
}

/** The pairs of a whole file in memory. */
export function parsePairBytes(bytes: Uint8Array, options: PairFileOptions): WordPair[] {
  const parser = new PairFileParser(options);
  return [...parser.push(bytes), ...parser.end()];
}

/** Takes the bytes of a pairs file piece by piece and gives the pairs of the lines that are complete. */
export class PairFileParser {
  readonly #file: string;
  readonly #format: PairFileFormat;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** Bytes after the last line end. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Lines that ended so far. */
  #line = 0;
  /** A CSV record whose quote is still open, and the line it starts at. */
  #open = '';
  #openLine = 0;

  constructor({ file, format }: PairFileOptions) {
    this.#file = file;
    this.#format = format ?? pairFileFormat(file);
  }

  push(chunk: Uint8Array): WordPair[] {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const end = bytes.lastIndexOf(newline) + 1;
    this.#rest = bytes.slice(end);
    return end === 0 ? [] : this.#lines(bytes.subarray(0, end));
  }

  end(): WordPair[] {
    const pairs = this.#rest.length === 0 ? [] : this.#lines(this.#rest);
    this.#rest = new Uint8Array(0);
    if (this.#open !== '') throw new PairError('a quotation mark is not closed', this.#place(this.#openLine));
    return pairs;
  }

  #lines(bytes: Uint8Array): WordPair[] {
    const lines = this.#decode(bytes).split('\n');
    if (lines.at(-1) === '') lines.pop();
    const pairs: WordPair[] = [];
    for (const line of lines) {
      this.#line++;
      const text = (this.#line === 1 && line.startsWith('\uFEFF') ? line.slice(1) : line).replace(/\r$/, '');
      const pair = this.#pair(text);
      if (pair) pairs.push(pair);
    }
    return pairs;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      let number = this.#line;
      for (let start = 0; start < bytes.length; ) {
        const at = bytes.indexOf(newline, start);
        const end = at < 0 ? bytes.length : at;
        number++;
        try {
          this.#decoder.decode(bytes.subarray(start, end));
        } catch {
          break;
        }
        start = end + 1;
      }
      throw new PairError('not valid UTF-8: save the file as UTF-8', this.#place(number));
    }
  }

  #pair(text: string): WordPair | undefined {
    if (this.#format === 'csv') return this.#commaSeparated(text);
    if (text.trim() === '') return undefined;
    const place = this.#place(this.#line);
    if (this.#format === 'jsonl') return parseJsonPair(text, place);
    if (this.#format === 'mixed' && looksLikeJson(text.trimStart())) {
      // A word may start with a bracket too: what is no JSON but holds one tab is a tab-separated line.
      try {
        return parseJsonPair(text, place);
      } catch (error) {
        if (text.split('\t').length !== 2) throw error;
      }
    }
    return this.#fields(text.split('\t'), this.#line);
  }

  #commaSeparated(line: string): WordPair | undefined {
    const text = this.#open === '' ? line : `${this.#open}\n${line}`;
    if (this.#open === '') this.#openLine = this.#line;
    const fields = commaSeparatedFields(text);
    if (fields === 'open') {
      this.#open = text;
      return undefined;
    }
    this.#open = '';
    if (fields === 'stray quote') {
      throw new PairError(
        'a quotation mark stands within a field: quote the whole field and double the mark',
        this.#place(this.#openLine),
      );
    }
    return text.trim() === '' ? undefined : this.#fields(fields, this.#openLine);
  }

  #fields(fields: readonly string[], line: number): WordPair {
    const place = this.#place(line);
    checkCount(fields.length, place);
    return checkedPair((fields[0] as string).trim(), (fields[1] as string).trim(), place);
  }

  #place(line: number): { file: string; line: number } {
    return { file: this.#file, line };
  }
}

const newline = 0x0a;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** The fields of one record (RFC 4180), or why there are none: a quote is still open, or stands in a plain field. */
function commaSeparatedFields(text: string): string[] | 'open' | 'stray quote' {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (text[at] === '"') {
      let field = '';
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) return 'open';
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      fields.push(field);
      if (at === text.length) return fields;
      if (text[at] !== ',') return 'stray quote';
      at++;
    } else {
      const end = text.indexOf(',', at);
      const field = end < 0 ? text.slice(at) : text.slice(at, end);
      if (field.includes('"')) return 'stray quote';
      fields.push(field);
      if (end < 0) return fields;
      at = end + 1;
    }
  }
}
