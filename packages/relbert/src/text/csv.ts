import { type Line, lineError } from './lines.ts';

/** One record of a comma-separated file. */
export interface CsvRecord {
  readonly fields: readonly string[];
  /** The line where it starts, from 1. */
  readonly line: number;
}

/** Most characters of a record that spans lines: more is a quotation mark that nobody closed. */
const MAX_RECORD = 16 * 1024 * 1024;

/**
 * Reads comma-separated records line by line, in linear time (RFC 4180: quoted fields, doubled quotes, line breaks in
 * quotes, which become LF). Blank lines between records are skipped.
 */
export class CsvReader {
  #fields: string[] = [];
  /** The pieces of a quoted field that is still open; undefined between fields. */
  #quoted: string[] | undefined;
  #start: Line | undefined;
  #length = 0;

  /** The record that ends in this line; undefined where it goes on. @throws DataError for a stray quotation mark */
  push(line: Line): CsvRecord | undefined {
    const { text } = line;
    if (this.#quoted) {
      this.#quoted.push('\n');
      this.#length += text.length;
      if (this.#length > MAX_RECORD) this.#failOpen();
    } else {
      if (text.trim() === '') return undefined;
      this.#start = line;
      this.#fields = [];
      this.#length = text.length;
    }
    for (let at = 0; ; at++) {
      if (this.#quoted || text[at] === '"') {
        const end = this.#readQuoted(text, this.#quoted ? at : at + 1);
        if (end < 0) return undefined;
        at = end;
        if (at < text.length && text[at] !== ',') this.#failStray();
      } else {
        const comma = text.indexOf(',', at);
        const field = text.slice(at, comma < 0 ? text.length : comma);
        if (field.includes('"')) this.#failStray();
        this.#fields.push(field);
        at = comma < 0 ? text.length : comma;
      }
      if (at === text.length) return { fields: this.#fields, line: (this.#start as Line).number };
    }
  }

  /** @throws DataError where the file ends within quotes */
  end(): void {
    if (this.#quoted) this.#failOpen();
  }

  /** Reads on within quotes from `at`; where the field ends, or -1 where the line ends first. */
  #readQuoted(text: string, at: number): number {
    const pieces = this.#quoted ?? [];
    this.#quoted = pieces;
    for (let from = at; ; ) {
      const mark = text.indexOf('"', from);
      pieces.push(text.slice(from, mark < 0 ? text.length : mark));
      if (mark < 0) return -1;
      if (text[mark + 1] !== '"') {
        this.#fields.push(pieces.join(''));
        this.#quoted = undefined;
        return mark + 1;
      }
      pieces.push('"');
      from = mark + 2;
    }
  }

  #failOpen(): never {
    throw lineError(this.#start as Line, 'a quotation mark is not closed');
  }

  #failStray(): never {
    throw lineError(
      this.#start as Line,
      'a quotation mark stands within a field: quote the whole field and double the mark',
    );
  }
}

/** The records of lines in memory. */
export function csvRecords(lines: Iterable<Line>): CsvRecord[] {
  const reader = new CsvReader();
  const records: CsvRecord[] = [];
  for (const line of lines) {
    const record = reader.push(line);
    if (record) records.push(record);
  }
  reader.end();
  return records;
}
