import { DataError, type DataFile } from './data-error.ts';

/** One record of a comma-separated file. */
export interface DelimitedRecord {
  readonly fields: readonly string[];
  /** The line it starts at, from 1. */
  readonly line: number;
}

/** Records of a comma-separated file (RFC 4180: quoted fields, doubled quotes, line breaks in quotes); blank lines are left out. */
export function parseCommaSeparated({ file, text }: DataFile): DelimitedRecord[] {
  const records: DelimitedRecord[] = [];
  const source = text.replace(/^\uFEFF/, '');
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  let fields: string[] = [];
  let line = 1;
  let start = 1;
  for (let at = 0; at < source.length; at = field.lastIndex) {
    field.lastIndex = at;
    const match = field.exec(source);
    if (!match) throw new DataError(file, line, 'a quotation mark is not closed, or stands within a field');
    const [whole, quoted, plain, end] = match;
    fields.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    const last = end === ',' && field.lastIndex === source.length;
    if (last) fields.push('');
    if (end !== ',' || last) {
      if (fields.length > 1 || fields[0]?.trim() !== '') records.push({ fields, line: start });
      fields = [];
      start = line;
    }
  }
  return records;
}
