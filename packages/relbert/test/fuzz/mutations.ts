/** @file Seeded damage to a file: of its bytes, of its text, of its JSON. */
import type { Random } from '../../src/data/random.ts';

export interface Mutation {
  /** What was done, for the report of a failure. */
  readonly what: string;
  readonly bytes: Uint8Array;
}

type Change = (bytes: Uint8Array, random: Random) => Uint8Array | undefined;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Numbers at the edges of types, and beyond them. */
const numbers = [
  '0',
  '-1',
  '1',
  '1.5',
  '255',
  '65536',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '1e999',
  '-1e308',
];
const integers = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
const texts = [
  '',
  ' ',
  '\u0000',
  '\u001b[31m',
  '\u0085',
  '\u2028',
  '\n',
  '\t',
  '\\',
  '"',
  '\ud800',
  'NaN',
  '__proto__',
  '👩‍👩‍👧',
  'é',
];

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - removed + inserted.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(at + removed), at + inserted.length);
  return result;
}

function randomBytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.integer(256));
}

/** A place and a short length within the bytes; most ranges are short, as damage is. */
function range(bytes: Uint8Array, random: Random): readonly [at: number, length: number] {
  const at = random.integer(bytes.length + 1);
  const most = Math.min(bytes.length - at, random.choice([1, 4, 16, 64, bytes.length]));
  return [at, most === 0 ? 0 : 1 + random.integer(most)];
}

const ofBytes: Readonly<Record<string, Change>> = {
  empty: () => new Uint8Array(0),
  cut: (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  'cut near the end': (bytes, random) => bytes.slice(0, Math.max(0, bytes.length - 1 - random.integer(16))),
  'cut at the front': (bytes, random) => bytes.slice(1 + random.integer(16)),
  'flip a bit': (bytes, random) => {
    const at = random.integer(bytes.length);
    return bytes.with(at, (bytes[at] as number) ^ (1 << random.integer(8)));
  },
  'set a byte': (bytes, random) => bytes.with(random.integer(bytes.length), random.integer(256)),
  'set an integer': (bytes, random) => {
    const width = random.choice([2, 4, 8]);
    if (bytes.length < width) return undefined;
    const result = bytes.slice();
    const view = new DataView(result.buffer);
    const at = random.integer(bytes.length - width + 1);
    const value = random.choice(integers);
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, random.choice([BigInt(value), 2n ** 53n, 2n ** 64n - 1n]), true);
    return result;
  },
  'delete a range': (bytes, random) => spliced(bytes, ...range(bytes, random), new Uint8Array(0)),
  'repeat a range': (bytes, random) => {
    const [at, length] = range(bytes, random);
    return spliced(bytes, at, 0, bytes.slice(at, at + length));
  },
  'zero a range': (bytes, random) => {
    const [at, length] = range(bytes, random);
    return bytes.slice().fill(0, at, at + length);
  },
  'move a range': (bytes, random) => {
    const [at, length] = range(bytes, random);
    const rest = spliced(bytes, at, length, new Uint8Array(0));
    return spliced(rest, random.integer(rest.length + 1), 0, bytes.slice(at, at + length));
  },
  'insert noise': (bytes, random) =>
    spliced(bytes, random.integer(bytes.length + 1), 0, randomBytes(random, 1 + random.integer(16))),
  append: (bytes, random) => spliced(bytes, bytes.length, 0, randomBytes(random, 1 + random.integer(16))),
};

/** A change of the text, where the bytes are a text. */
function textChange(change: (text: string, random: Random) => string): Change {
  return (bytes, random) => encoder.encode(change(decoder.decode(bytes), random));
}

function lineChange(change: (lines: string[], at: number, random: Random) => void): Change {
  return textChange((text, random) => {
    const lines = text.split('\n');
    change(lines, random.integer(lines.length), random);
    return lines.join('\n');
  });
}

const ofText: Readonly<Record<string, Change>> = {
  'replace a number': (bytes, random) => {
    const text = decoder.decode(bytes);
    const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)];
    if (found.length === 0) return undefined;
    const { index, 0: number } = random.choice(found);
    return encoder.encode(text.slice(0, index) + random.choice(numbers) + text.slice(index + number.length));
  },
  'insert a text': textChange((text, random) => {
    const at = random.integer(text.length + 1);
    return text.slice(0, at) + random.choice(texts) + text.slice(at);
  }),
  'delete a line': lineChange((lines, at) => lines.splice(at, 1)),
  'repeat a line': lineChange((lines, at) => lines.splice(at, 0, lines[at] as string)),
  'swap two lines': lineChange((lines, at, random) => {
    const other = random.integer(lines.length);
    [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
  }),
  'a long line': lineChange((lines, at, random) => {
    lines[at] = (lines[at] as string) + random.choice(['x', ' x', '"', '[', '\t1']).repeat(20_000);
  }),
  'Windows line ends': textChange((text) => text.replaceAll('\n', '\r\n')),
  'UTF-16': (bytes) => new Uint8Array(Buffer.from(`\ufeff${decoder.decode(bytes)}`, 'utf16le')),
  'a byte order mark': (bytes) => spliced(bytes, 0, 0, Uint8Array.of(0xef, 0xbb, 0xbf)),
};

type Node = Record<string, unknown> | unknown[];

/** Every place of a value: the object or list that holds it, and its key. */
function places(value: unknown, found: [Node, string][] = []): [Node, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Node, key]);
    places((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** JSON of any value; `-1e999` and such stand for numbers that JavaScript cannot write. */
function jsonValues(random: Random): unknown {
  return random.choice<() => unknown>([
    () => null,
    () => random.integer(2) === 0,
    () => Number(random.choice(numbers)),
    () => random.choice(texts),
    () => 'x'.repeat(20_000),
    () => [],
    () => ({}),
    () => [[['a']]],
    () => ({ type: 'BPE', id: -1 }),
    () => Array.from({ length: 3000 }, (_, i) => i),
  ])();
}

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

const deep = '\u0001deep\u0001';

const ofJson: Readonly<Record<string, (holder: Node, key: string, random: Random) => void>> = {
  'replace a value': (holder, key, random) => {
    Reflect.set(holder, key, jsonValues(random));
  },
  'remove a value': (holder, key) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else Reflect.deleteProperty(holder, key);
  },
  'rename a key': (holder, key, random) => {
    const value = Reflect.get(holder, key);
    if (Array.isArray(holder)) holder.push(value);
    else {
      Reflect.deleteProperty(holder, key);
      Object.defineProperty(holder, random.choice([...texts, `${key}x`]), { value, enumerable: true });
    }
  },
  'take the value of another place': (holder, key, random) => {
    const [other, otherKey] = random.choice(places(holder));
    Reflect.set(holder, key, structuredClone(Reflect.get(other, otherKey)));
  },
  'nest deeply': (holder, key) => {
    Reflect.set(holder, key, deep);
  },
};

/** A file that is JSON, or lines of JSON: the value to change and how to write it back. */
function jsonOf(text: string, random: Random): readonly [value: unknown, write: (json: string) => string] | undefined {
  try {
    return [JSON.parse(text), (json) => json];
  } catch {
    const lines = text.split('\n');
    const at = random.integer(lines.length);
    try {
      const value: unknown = JSON.parse(lines[at] as string);
      return [value, (json) => lines.with(at, json).join('\n')];
    } catch {
      return undefined;
    }
  }
}

function jsonMutation(bytes: Uint8Array, random: Random): Mutation | undefined {
  const text = decoder.decode(bytes);
  const opened = text.includes('['.repeat(90)) ? undefined : jsonOf(text, random);
  if (!opened) return undefined;
  const [value, write] = opened;
  const found = places(value);
  if (found.length === 0) return undefined;
  // The places near the root decide more: half of the changes fall there.
  const near = random.integer(2) === 0 ? found.filter(([holder]) => holder === value) : found;
  const [holder, key] = random.choice(near.length > 0 ? near : found);
  const what = random.choice(Object.keys(ofJson));
  (ofJson[what] as (typeof ofJson)[string])(holder, key, random);
  const json = JSON.stringify(value, undefined, decoder.decode(bytes.subarray(0, 3)).includes('\n') ? 2 : undefined)
    .replaceAll('null', () => (what === 'replace a value' && random.integer(4) === 0 ? '1e999' : 'null'))
    .replace(JSON.stringify(deep), () => nested(random.choice([100, 20_000])));
  return { what: `${what} ('${key.slice(0, 20)}')`, bytes: encoder.encode(write(json)) };
}

/** Damages a file in one to three places. */
export function mutate(bytes: Uint8Array, random: Random): Mutation {
  const steps = random.choice([1, 1, 1, 1, 1, 2, 3]);
  let current: Mutation = { what: '', bytes };
  for (let i = 0; i < steps; i++) {
    const next = mutateOnce(current.bytes, random);
    current = { what: current.what === '' ? next.what : `${current.what}, ${next.what}`, bytes: next.bytes };
  }
  return current;
}

function mutateOnce(bytes: Uint8Array, random: Random): Mutation {
  const isText = isUtf8(bytes);
  if (isText && random.integer(3) > 0) {
    const mutation = jsonMutation(bytes, random);
    if (mutation) return mutation;
  }
  const changes = isText && random.integer(3) > 0 ? ofText : ofBytes;
  const what = random.choice(Object.keys(changes));
  const changed = bytes.length === 0 ? undefined : (changes[what] as Change)(bytes, random);
  return { what, bytes: changed ?? randomBytes(random, 8) };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
