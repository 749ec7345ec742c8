import { CsvReader } from '../text/csv.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { isJson } from '../text/json.ts';
import { type ByteLine, decodeLine, type Line, LineCutter, lineError, lineGroups } from '../text/lines.ts';
import { PairError } from './pair-error.ts';
import { checkColumnNames, noticeHeader, type PairTable, pairTableOf } from './pair-table.ts';
import { looksLikeJson, parseJsonPair, parsePair } from './parse-pair.ts';
import { checkedPair, type WordPair } from './word-pair.ts';

/**
 * How the lines of a pairs file are written:
 * - `tsv`: head, tab, tail;
 * - `csv`: head, comma, tail; quoted fields, doubled quotes and line breaks in quotes as in RFC 4180;
 * - `jsonl`: `["head","tail"]` or `{"head":"…","tail":"…"}`;
 * - `mixed`: each line is JSON, separated by a tab, or `head:tail` (standard input, .txt).
 *
 * A header line (`head,tail`) names the columns of a table, in any order: further ones become `columns` of each pair, as
 * further members of JSON objects do. Blank lines are left out, a byte order mark and the ends of Windows lines are
 * removed, and white space around words too, JSON aside.
 */
export type PairFileFormat = 'tsv' | 'csv' | 'jsonl' | 'mixed';

const formatByEnding: Readonly<Record<string, PairFileFormat>> = {
  tsv: 'tsv',
  csv: 'csv',
  jsonl: 'jsonl',
  txt: 'mixed',
};

/**
 * The format of a pairs file by its ending; `-` (standard input) is `mixed`.
 * @throws PairError for another ending
 */
export function pairFileFormat(name: string): PairFileFormat {
  if (name === '-') return 'mixed';
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase();
  const format = ending === undefined ? undefined : formatByEnding[ending];
  if (format) return format;
  throw new PairError(`${name}: a pairs file ends in .tsv, .csv, .jsonl or .txt, or is - for standard input`);
}

export interface PairFileOptions extends Pick<DataFile, 'onNotice'> {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Default: by the ending of `file`. */
  readonly format?: PairFileFormat;
  /** Whether a third field without a header line is a label, which is left out with a notice. Default false: an error. */
  readonly labelled?: boolean | undefined;
  /** Whether fields keep the white space around them. Default false. */
  readonly verbatim?: boolean;
}

/**
 * The pairs of a file that arrives in pieces, in memory proportional to one piece.
 * @throws DataError naming file and line: one word, three words without a header line, a blank word, a word of more
 * than 10,000 characters, not JSON, invalid UTF-8, an open quote, a line over 64 MiB
 */
export async function* parsePairFile(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: PairFileOptions,
): AsyncGenerator<WordPair> {
  const reader = new PairReader(options);
  for await (const lines of lineGroups(chunks, options.file)) yield* reader.pairs(lines);
  reader.end();
}

/** The pairs of a whole file in memory. */
export function parsePairBytes(bytes: Uint8Array, options: PairFileOptions): WordPair[] {
  const reader = new PairReader(options);
  const cutter = new LineCutter(options.file);
  const pairs = [...reader.pairs(cutter.push(bytes)), ...reader.pairs(cutter.end())];
  reader.end();
  return pairs;
}

class PairReader {
  readonly #options: PairFileOptions;
  readonly #format: PairFileFormat;
  readonly #csv = new CsvReader();
  /** Whether a line that is not blank has been read: only the first may be a header. */
  #started = false;
  #noticedLabel = false;
  #table: PairTable | undefined;

  constructor(options: PairFileOptions) {
    this.#options = options;
    this.#format = options.format ?? pairFileFormat(options.file);
  }

  *pairs(lines: Iterable<ByteLine>): Generator<WordPair> {
    for (const bytes of lines) {
      const line = decodeLine(this.#options.file, bytes);
      try {
        const pair = this.#pair(line);
        if (pair) yield pair;
      } catch (error) {
        throw error instanceof PairError ? lineError(line, error.message) : error;
      }
    }
  }

  end(): void {
    this.#csv.end();
  }

  #pair(line: Line): WordPair | undefined {
    const { text } = line;
    if (this.#format === 'csv') {
      const record = this.#csv.push(line);
      if (!record) return undefined;
      try {
        return this.#fields(record.fields, { ...line, number: record.line });
      } catch (error) {
        throw error instanceof PairError ? new DataError(line.file, record.line, error.message) : error;
      }
    }
    if (text.trim() === '') return undefined;
    if (this.#format === 'jsonl') return parseJsonPair(text);
    const fields = text.split('\t');
    if (this.#format === 'mixed') {
      if (looksLikeJson(text.trimStart())) {
        this.#started = true;
        // A word may start with a bracket too: what is not JSON but holds a tab is a tab-separated line.
        if (fields.length === 1 || isJson(text)) return parsePair(text);
      } else if (fields.length === 1 && text.includes(':')) {
        this.#started = true;
        return parsePair(text);
      }
    }
    return this.#fields(fields, line);
  }

  /** The pair of a row of a table; undefined for its header. */
  #fields(fields: readonly string[], line: Line): WordPair | undefined {
    if (!this.#started) {
      this.#started = true;
      this.#table = pairTableOf(fields);
      if (this.#table) {
        checkColumnNames(this.#table);
        noticeHeader(this.#options.onNotice, line);
        return undefined;
      }
    }
    const words = this.#options.verbatim ? fields : fields.map((field) => field.trim());
    if (!this.#table) {
      if (words.length === 3 && this.#options.labelled) {
        this.#noticeLabel(words[2] as string, line);
      } else if (words.length > 2) {
        throw new PairError(
          `expected two words, got ${words.length}; further columns need a header line that names them, as in head,tail,id`,
        );
      } else if (words.length === 1) {
        const separator = { csv: 'a comma', tsv: 'a tab' }[this.#format as string] ?? 'a tab or a colon';
        throw new PairError(`expected two words, got one: write ${separator} between them`);
      }
      return checkedPair(words[0] as string, words[1] as string);
    }
    const { head, tail, names } = this.#table;
    if (words.length !== names.length) {
      throw new PairError(`expected ${names.length} fields as in the header line, got ${words.length}`);
    }
    const columns = names.flatMap((name, i) => (i === head || i === tail || name === '' ? [] : [[name, words[i]]]));
    return checkedPair(words[head] as string, words[tail] as string, Object.fromEntries(columns));
  }

  #noticeLabel(label: string, { file, number }: Line): void {
    if (this.#noticedLabel) return;
    this.#noticedLabel = true;
    this.#options.onNotice?.(`${file}:${number}: the third column (${excerpt(label)}) is read as a label and left out`);
  }
}
