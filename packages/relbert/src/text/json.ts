import { excerpt } from './excerpt.ts';
import { type Line, lineError } from './lines.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lists and objects within each other: more than any file needs, few enough for functions that call themselves. */
const MAX_DEPTH = 500;

/** A text as JSON, or why it is not: `fail` makes the error of `not JSON (reason)`. A byte order mark is removed. */
export function parseJson(text: string, fail: (problem: string, cause: unknown) => Error): unknown {
  if (text.length > 2 * MAX_DEPTH && opened(text) > MAX_DEPTH && depthOf(text) > MAX_DEPTH) {
    throw fail(`not JSON of this kind (more than ${MAX_DEPTH} lists and objects within each other)`, undefined);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // the reason quotes the text, line ends included
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    throw fail(`not JSON (${reason})`, error);
  }
}

/** Whether a text is JSON as {@link parseJson} reads it. */
export function isJson(text: string): boolean {
  try {
    parseJson(text, (problem) => new Error(problem));
    return true;
  } catch {
    return false;
  }
}

/** As many lists and objects as a JSON text has, or some more that stand in strings: quicker than to follow each string. */
function opened(text: string): number {
  return text.match(/[[{](?<=(?:^|[[:,\s]).)/g)?.length ?? 0;
}

/** The most lists and objects that are open at once in a JSON text. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === '[' || character === '{') most = Math.max(most, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return most;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
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
