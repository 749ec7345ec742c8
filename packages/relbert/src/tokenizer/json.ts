/** Checked reading of a tokenizer's JSON files; errors name the file and the entry. */

import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, type JsonObject } from '../text/json.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** An object in a tokenizer's JSON file, with its path. */
export class JsonPart {
  readonly file: string;
  readonly value: JsonObject;
  /** Path within the file, for messages. */
  readonly path: string;

  constructor(file: string, value: unknown, path = '') {
    this.file = file;
    this.path = path;
    if (!isJsonObject(value)) throw this.error(`expected a JSON object, got ${excerpt(value)}`);
    this.value = value;
  }

  /** The entry `type`, or '' where there is none. */
  get type(): string {
    return typeof this.value['type'] === 'string' ? this.value['type'] : '';
  }

  error(problem: string): TokenizerError {
    return new TokenizerError(this.path ? `${this.file}, ${this.path}` : this.file, problem);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.value[name] ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.error(`"${name}" should be true or false, got ${excerpt(value)}`);
  }

  string(name: string, otherwise?: string): string {
    const value = this.value[name] ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.error(`"${name}" should be a string, got ${excerpt(value)}`);
  }

  /** The object under a name; undefined where it is null or missing. */
  part(name: string): JsonPart | undefined {
    const value = this.value[name];
    return value === undefined || value === null ? undefined : new JsonPart(this.file, value, this.#under(name));
  }

  /** The objects of a list; empty where it is missing. */
  parts(name: string): JsonPart[] {
    return this.list(name).map((value, i) => new JsonPart(this.file, value, `${this.#under(name)}[${i}]`));
  }

  list(name: string): readonly unknown[] {
    const value = this.value[name] ?? [];
    if (Array.isArray(value)) return value;
    throw this.error(`"${name}" should be a list, got ${excerpt(value)}`);
  }

  /** The error for a type that is not supported. */
  unknownType(what: string, supported: readonly string[]): TokenizerError {
    return this.error(
      `the ${what} ${excerpt(this.value['type'])} is not supported; supported are ${supported.join(', ')}`,
    );
  }

  #under(name: string): string {
    return this.path ? `${this.path}.${name}` : name;
  }
}

/** The id of a token. @throws TokenizerError for anything but a whole number from 0 to 2^31 - 1 */
export function parseTokenId(part: JsonPart, token: string, id: unknown): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
  const got = typeof id === 'number' ? String(id) : excerpt(id);
  throw part.error(`the id of the token ${excerpt(token)} is ${got}; it should be a whole number from 0`);
}
