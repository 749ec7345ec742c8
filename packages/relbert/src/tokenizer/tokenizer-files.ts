import { parseJson } from '../text/json.ts';
import { JsonPart } from './json.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** The content of a file: its bytes, its text, or for a JSON file the parsed object. */
export type FileContent = Uint8Array | string | object;

/** The files of a tokenizer by name: a Map, a record, or anything with `get`. */
export type TokenizerFiles =
  | { get(name: string): FileContent | undefined }
  | Readonly<Record<string, FileContent | undefined>>;

/** Files by name, read as text, as JSON or as bytes. */
export class FileSet {
  readonly #files: TokenizerFiles;

  constructor(files: TokenizerFiles) {
    this.#files = files;
  }

  has(name: string): boolean {
    return this.#content(name) !== undefined;
  }

  bytes(name: string): Uint8Array | undefined {
    const content = this.#content(name);
    if (content === undefined || content instanceof Uint8Array) return content;
    throw new TokenizerError(name, 'expected bytes');
  }

  text(name: string): string | undefined {
    const content = this.#content(name);
    if (content === undefined || typeof content === 'string') return content?.replace(/^\uFEFF/, '');
    if (!(content instanceof Uint8Array)) throw new TokenizerError(name, 'expected bytes or text');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(content);
    } catch {
      throw new TokenizerError(name, 'not valid UTF-8');
    }
  }

  /** The JSON object of a file. */
  json(name: string): JsonPart | undefined {
    const content = this.#content(name);
    if (content === undefined) return undefined;
    if (typeof content === 'object' && !(content instanceof Uint8Array)) return new JsonPart(name, content);
    const text = this.text(name) as string;
    if (text.trim() === '') throw new TokenizerError(name, 'the file is empty');
    return new JsonPart(
      name,
      parseJson(text, (problem) => new TokenizerError(name, problem)),
    );
  }

  #content(name: string): FileContent | undefined {
    const files = this.#files;
    if ('get' in files && typeof files.get === 'function') return (files.get as (name: string) => FileContent)(name);
    return Object.hasOwn(files, name) ? (files as Readonly<Record<string, FileContent | undefined>>)[name] : undefined;
  }
}
