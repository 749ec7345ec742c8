import type { DataFile } from './data-error.ts';
import { DataError } from './data-error.ts';

/** One line of a data file that is not blank. */
export interface Line {
  readonly file: string;
  /** Counted from 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/** The lines that are not blank; a byte order mark and the ends of Windows lines are removed. */
export function linesOf({ file, text }: DataFile): Line[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  return lines.flatMap((line, i) => (line.trim() === '' ? [] : [{ file, number: i + 1, text: line }]));
}

/** The problem of one line. */
export function lineError(line: Line, problem: string): DataError {
  return new DataError(line.file, line.number, problem);
}

/** The fields of a line separated by tabs, trimmed; none may be empty. `names` says what is expected. */
export function tabFields(line: Line, names: readonly string[]): string[] {
  const fields = line.text.split('\t').map((field) => field.trim());
  if (fields.length !== names.length) {
    throw lineError(
      line,
      `expected ${names.length} fields separated by tabs (${names.join(', ')}), got ${fields.length}`,
    );
  }
  const empty = fields.indexOf('');
  if (empty >= 0) throw lineError(line, `the ${names[empty]} is empty`);
  return fields;
}

/** The JSON value of a line. */
export function jsonValue(line: Line): unknown {
  try {
    return JSON.parse(line.text);
  } catch (error) {
    throw lineError(line, `not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** The JSON object of a line. */
export function jsonObject(line: Line): Readonly<Record<string, unknown>> {
  const value = jsonValue(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw lineError(line, `expected a JSON object, got ${excerpt(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A JSON value in a message, cut where it is long. */
export function excerpt(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
