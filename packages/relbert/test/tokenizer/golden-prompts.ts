/** The prompts of packages/reproduction/parity/tokenizer_ids.py made again, and the hashes that their ids and spans should have. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import type { Prompt } from '../../src/prompt/prompt.ts';
import type { JsonObject } from '../../src/text/json.ts';
import { parseSentencePieceModel } from '../../src/tokenizer/sentence-piece-model.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/tokenizer/', import.meta.url));
const shared = fileURLToPath(new URL('../../../../../shared/', import.meta.url));

export interface Golden {
  readonly templates: readonly string[];
  readonly block: number;
  /** Distinct words of ../shared. */
  readonly words: number;
  readonly tokenizers: Readonly<Record<string, { odd: string[]; shared: string[]; samples: number[][][] }>>;
  readonly variants: readonly {
    readonly base: string;
    readonly name: string;
    readonly patch: Readonly<Record<string, unknown>>;
    readonly odd: string[];
  }[];
}

export const golden = JSON.parse(readFileSync(`${fixtures}golden.json`, 'utf8')) as Golden;
export const oddWords = JSON.parse(readFileSync(`${fixtures}odd-words.json`, 'utf8')) as readonly string[];

/** The files of a small tokenizer: the older ones, and tokenizer.json with tokenizer_config.json where it exists. */
export function fixtureFiles(name: string): { older: Map<string, Uint8Array>; json: Map<string, Uint8Array | object> } {
  const older = new Map<string, Uint8Array>();
  for (const file of readdirSync(fixtures + name)) {
    const bytes = readFileSync(`${fixtures}${name}/${file}`);
    older.set(file.replace(/\.gz$/, ''), file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  if (name === 'camembert') {
    const model = 'sentencepiece.bpe.model';
    older.set(model, gunzipSync(readFileSync(`${fixtures}xlm-roberta/${model}.gz`)));
    return { older, json: new Map() };
  }
  const tokenizer = JSON.parse(new TextDecoder().decode(older.get('tokenizer.json'))) as Record<string, unknown>;
  older.delete('tokenizer.json');
  withCharsmap(tokenizer, older);
  const json = new Map<string, Uint8Array | object>([['tokenizer.json', tokenizer]]);
  const config = older.get('tokenizer_config.json');
  if (config) json.set('tokenizer_config.json', config);
  return { older, json };
}

/** Puts the normalisation rules of the SentencePiece model into tokenizer.json, which leaves them out to be small. */
function withCharsmap(tokenizer: Record<string, unknown>, files: ReadonlyMap<string, Uint8Array>): void {
  const text = (value: unknown): string => JSON.stringify(value);
  if (!text(tokenizer['normalizer']).includes('as in the model')) return;
  const [name, bytes] = [...files].find(([file]) => file.endsWith('.model')) as [string, Uint8Array];
  const charsmap = Buffer.from(parseSentencePieceModel(name, bytes).charsmap).toString('base64');
  tokenizer['normalizer'] = JSON.parse(text(tokenizer['normalizer']).replace('as in the model', charsmap)) as object;
}

/** tokenizer.json with the parts of a variant in place of its own. */
export function patched(tokenizer: JsonObject, patch: Readonly<Record<string, unknown>>): JsonObject {
  const result: Record<string, unknown> = { ...tokenizer };
  for (const [key, part] of Object.entries(patch)) {
    if (part === 'normalized') {
      result[key] = (tokenizer[key] as object[]).map((token) => ({ ...token, normalized: true }));
    } else if (key === 'added_tokens') {
      const runs = [2, 3, 4].map((length, i) => ({ id: 3000 + i, content: ' '.repeat(length), normalized: true }));
      result[key] = [...(tokenizer[key] as object[]), ...runs];
    } else if (part === 'runs of spaces') {
      const runs = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
      result[key] = { type: 'Sequence', normalizers: [tokenizer[key], runs] };
    } else result[key] = part;
  }
  return result;
}

export interface GoldenPrompt {
  readonly template: number;
  readonly head: string;
  readonly tail: string;
}

const sets = ['u2', 'google', 'bats'].flatMap((name) => [`${name}/valid`, `${name}/test`]);
const relations = ['BLESS', 'EVALution', 'K&H+N'].flatMap((name) =>
  ['train', 'val', 'test'].map((part) => `${name}/${part}`),
);
export const sharedFiles: readonly string[] = [
  ...sets.map((name) => `data/analogy/${name}.jsonl`),
  ...relations.map((name) => `data/lexical_relation/${name}.tsv`),
];

/** The distinct words of ../shared, ascending. */
export function sharedWords(): string[] {
  const words = new Set<string>();
  for (const file of sharedFiles) {
    const lines = readFileSync(shared + file, 'utf8')
      .split('\n')
      .filter(Boolean);
    for (const line of lines) {
      if (file.endsWith('.tsv')) for (const word of line.replace(/\r$/, '').split('\t').slice(0, 2)) words.add(word);
      else {
        const { stem, choice } = JSON.parse(line) as { stem: string[]; choice: string[][] };
        for (const pair of [stem, ...choice]) for (const word of pair) words.add(word);
      }
    }
  }
  return [...words].sort((a, b) => (a < b ? -1 : 1));
}

export function* sharedPrompts(words: readonly string[]): Generator<GoldenPrompt> {
  for (let i = 0; i < 20 * golden.block; i++) {
    let head = words[(i * 7919) % words.length] as string;
    let tail = words[(i * 104729 + 17) % words.length] as string;
    if (i % 4 === 1) head = oddWords[Math.floor(i / 4) % oddWords.length] as string;
    if (i % 8 === 3) tail = oddWords[Math.floor(i / 8) % oddWords.length] as string;
    yield { template: i % golden.templates.length, head, tail };
  }
}

export function* oddPrompts(blocks = 3): Generator<GoldenPrompt> {
  const n = oddWords.length;
  for (let i = 0; i < blocks * golden.block; i++) {
    const head = oddWords[(i * 7) % n] as string;
    const tail = oddWords[(i * 5 + Math.floor(i / n)) % n] as string;
    yield { template: i % golden.templates.length, head, tail };
  }
}

/** `[ids, head, tail, mask]` of each prompt. Templates of the goldens may lack placeholders that a user needs. */
export function* goldenLines(tokenizer: Tokenizer, prompts: Iterable<GoldenPrompt>): Generator<string> {
  const templates = golden.templates.map((text): Prompt => createPrompt({ kind: 'template', text }, tokenizer));
  for (const { template, head, tail } of prompts) {
    const encoded = (templates[template] as Prompt).encode({ head, tail });
    yield JSON.stringify([encoded.ids, encoded.head, encoded.tail, encoded.mask]);
  }
}

/** A hash for every block of lines. */
export function hashes(lines: Iterable<string>): string[] {
  const all = [...lines];
  return Array.from({ length: Math.ceil(all.length / golden.block) }, (_, i) =>
    createHash('sha256')
      .update(all.slice(i * golden.block, (i + 1) * golden.block).join('\n'))
      .digest('hex')
      .slice(0, 32),
  );
}
