/** @file The fuzz campaign: damaged files through every reader. A mutation is a function of the seed and its number. */
import { createHash } from 'node:crypto';
import { Random } from '../../src/data/random.ts';
import { mutate } from './mutations.ts';
import type { Reader } from './reader.ts';
import { openReaders } from './readers.ts';

/** Longest message, in characters. */
const MAX_MESSAGE = 1000;
/** Seconds that a reader may take for a file of some kilobytes. */
export const TIME_LIMIT = 5;
/** Memory that a reader may take for it, in MiB. */
const MEMORY_LIMIT = 400;

export type Outcome =
  /** The result of the sound file. */
  | { readonly kind: 'baseline' }
  /** An error that names what is wrong. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Another result, which the reader's exception allows. */
  | { readonly kind: 'excepted' }
  | { readonly kind: 'defect'; readonly problem: string };

export interface Case {
  readonly number: number;
  readonly reader: string;
  /** What was done to the file. */
  readonly what: string;
  readonly outcome: Outcome;
  readonly seconds: number;
}

export class Campaign implements Disposable {
  readonly #seed: number;
  readonly #opened: Awaited<ReturnType<typeof openReaders>>;
  readonly #baselines = new Map<string, string>();

  private constructor(seed: number, opened: Awaited<ReturnType<typeof openReaders>>) {
    this.#seed = seed;
    this.#opened = opened;
  }

  static async open(seed: number): Promise<Campaign> {
    return new Campaign(seed, await openReaders());
  }

  /** The names of the readers; mutation n is read by number n modulo their count. */
  get readers(): readonly string[] {
    return this.#opened.readers.map(({ name }) => name);
  }

  /** The damaged file of a mutation. */
  mutation(number: number): { readonly reader: Reader; readonly what: string; readonly bytes: Uint8Array } {
    const { readers } = this.#opened;
    const reader = readers[number % readers.length] as Reader;
    const random = new Random(Math.imul(this.#seed, 1_000_003) + number);
    const { what, bytes } = mutate(reader.part?.bytes ?? (reader.files[reader.damaged] as Uint8Array), random);
    return { reader, what, bytes: reader.part ? reader.part.seal(bytes) : bytes };
  }

  async run(number: number): Promise<Case> {
    const { reader, what, bytes } = this.mutation(number);
    const baseline = await this.#baseline(reader);
    const before = process.resourceUsage().maxRSS;
    const start = performance.now();
    const outcome = await outcomeOf(reader, { ...reader.files, [reader.damaged]: bytes }, baseline);
    const seconds = (performance.now() - start) / 1000;
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    const about = { number, reader: reader.name, what, seconds };
    if (seconds > TIME_LIMIT) return { ...about, outcome: defect(`took ${seconds.toFixed(1)} s`) };
    if (grown > MEMORY_LIMIT) return { ...about, outcome: defect(`took ${Math.round(grown)} MiB of memory`) };
    return { ...about, outcome };
  }

  async #baseline(reader: Reader): Promise<string> {
    const found = this.#baselines.get(reader.name);
    if (found !== undefined) return found;
    const baseline = digest(await reader.read(reader.files));
    this.#baselines.set(reader.name, baseline);
    return baseline;
  }

  [Symbol.dispose](): void {
    this.#opened.close();
  }
}

function defect(problem: string): Outcome {
  return { kind: 'defect', problem };
}

async function outcomeOf(reader: Reader, files: Reader['files'], baseline: string): Promise<Outcome> {
  let result: unknown;
  try {
    result = await reader.read(files);
  } catch (error) {
    return refusal(error);
  }
  const wrong = notFinite(result);
  if (wrong !== undefined) return defect(`the result holds ${wrong}`);
  if (digest(result) === baseline) return { kind: 'baseline' };
  return reader.otherResult === undefined ? defect('another result without an error') : { kind: 'excepted' };
}

function refusal(error: unknown): Outcome {
  if (!(error instanceof Error)) return defect(`threw ${String(error)}`);
  const { name, message } = error;
  const at = error.stack?.split('\n').find((line) => line.includes('/src/')) ?? '';
  const shown = `${name}: ${JSON.stringify(message.slice(0, 200))} ${at.trim()}`;
  if (!isRelbertError(error)) return defect(shown);
  if (/[\p{Cc}\u2028\u2029]/u.test(message)) return defect(`control characters in ${shown}`);
  if (message.length > MAX_MESSAGE) return defect(`a message of ${message.length} characters: ${shown}`);
  if (/out of bounds|call stack|undefined|\[object|Invalid typed array|Cannot (?:read|convert|mix)/.test(message)) {
    return defect(`an internal message: ${shown}`);
  }
  return { kind: 'refused', message };
}

/** By the name of the class: the report's reader has the classes of the built library. */
function isRelbertError(error: object): boolean {
  const parent: unknown = Object.getPrototypeOf(error);
  if (typeof parent !== 'object' || parent === null) return false;
  return parent.constructor.name === 'RelbertError' || isRelbertError(parent);
}

/** Whether two results are the same, by a hash of all that they hold. */
function digest(result: unknown): string {
  const json = JSON.stringify(result, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
    return value;
  });
  return createHash('sha256')
    .update(json ?? 'nothing')
    .digest('hex');
}

/** The first number of a result that is NaN or infinite. */
function notFinite(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const item of value instanceof Map ? value.values() : Object.values(value)) {
    const found = notFinite(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
