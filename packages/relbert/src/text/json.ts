import { excerpt } from './excerpt.ts';
import { type Line, lineError } from './lines.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text as JSON, or why it is not: `fail` makes the error of `not JSON (reason)`. */
export function parseJson(text: string, fail: (problem: string, cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // the reason quotes the text, line ends included
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    throw fail(`not JSON (${reason})`, error);
  }
}

/** The JSON value of a line. */
export function jsonValue(line: Line): unknown {
  return parseJson(line.text, (problem) => lineError(line, problem));
}

/** The JSON object of a line. */
export function jsonObject(line: Line): JsonObject {
  const value = jsonValue(line);
  if (!isJsonObject(value)) throw lineError(line, `expected a JSON object, got ${excerpt(value)}`);
  return value;
}
