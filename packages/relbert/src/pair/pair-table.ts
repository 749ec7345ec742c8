import type { DataFile } from '../text/data-error.ts';
import type { Line } from '../text/lines.ts';
import { PairError } from './pair-error.ts';

/** The columns of a table of pairs, as its header line names them; positions count from 0. */
export interface PairTable {
  readonly head: number;
  readonly tail: number;
  /** Undefined where no column says a relation. */
  readonly relation: number | undefined;
  readonly names: readonly string[];
}

/** How tables name the two words of a pair. */
const WORD_NAMES = [
  ['head', 'tail'],
  ['subject', 'object'],
  ['subj', 'obj'],
  ['word1', 'word2'],
  ['word_1', 'word_2'],
  ['w1', 'w2'],
  ['term1', 'term2'],
  ['source', 'target'],
] as const;

/** How tables and JSON lines name the relation of a pair, the first counts. */
export const RELATION_NAMES = ['relation', 'relation_type', 'label', 'class'] as const;

/**
 * The columns where the first line of a table is a header: two fields are names such as `head` and `tail`, in any case
 * and at any place. Every reader of tables asks this, so that a header is never a pair, a word or a class.
 */
export function pairTableOf(fields: readonly string[]): PairTable | undefined {
  const lower = fields.map((field) => field.trim().toLowerCase());
  const words = WORD_NAMES.find((names) => names.every((name) => lower.includes(name)));
  if (!words) return undefined;
  const relation = RELATION_NAMES.map((name) => lower.indexOf(name)).find((at) => at >= 0);
  return {
    head: lower.indexOf(words[0]),
    tail: lower.indexOf(words[1]),
    relation,
    names: fields.map((field) => field.trim()),
  };
}

/** @throws PairError where two columns would have the same name beside the words of a pair: a value would be lost */
export function checkColumnNames({ head, tail, names }: PairTable): void {
  const used = new Set(['head', 'tail']);
  for (const [i, name] of names.entries()) {
    if (i === head || i === tail || name === '') continue;
    if (used.has(name)) throw new PairError(`the name ${name} is given to two columns: rename or remove one`);
    used.add(name);
  }
}

/** Tells the user that a line was read as a header. */
export function noticeHeader(onNotice: DataFile['onNotice'], line: Pick<Line, 'file' | 'number'>): void {
  onNotice?.(`${line.file}:${line.number}: read as a header line, not as a pair`);
}
