/** @file How one segment is searched: codes find candidates in lists near the question, and vectors put them in order. */
import type { WordPair } from '../pair/word-pair.ts';
import { columnKey, wordKey, wordsOf } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import type { Segment } from './segment.ts';
import { TopScores } from './top-scores.ts';
import type { Condition } from './where.ts';

export interface SegmentSearchOptions {
  /** Answers. */
  readonly limit: number;
  /** Compares with every row. Default false. */
  readonly exact?: boolean | undefined;
  /** Lists that are read for a question. Default: 3 √K of K. */
  readonly probes?: number | undefined;
  /** Gives the event loop a turn where one is due. */
  readonly turn: () => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How candidates are chosen by their codes: at most so many, and so many for each answer; and none whose estimated cosine,
 * with so many standard errors, is below that of the last answer.
 */
const near = { candidates: 160, perAnswer: 4, errors: 2 };
/** An exact search takes more candidates until the errors bound it. */
const exactly = { candidates: 1024, perAnswer: 4, errors: 4 };
/** Lists that are scanned without a turn of the event loop, and vectors that are read. */
const listsAtOnce = 64;
const rowsAtOnce = 16;

/** A question to a segment. */
export interface SegmentQuestion {
  /** Of length 1. */
  readonly unit: Float32Array;
  /** The rows that may be answers; undefined: all. */
  readonly allowed: RowSet | undefined;
}

/** A row with its cosine, or a bound of it. */
interface ScoredRow {
  readonly item: number;
  readonly score: number;
}

/** The rows of a segment with the greatest cosine to a unit vector, best first. */
export async function searchSegment(
  segment: Segment,
  question: SegmentQuestion,
  options: SegmentSearchOptions,
): Promise<readonly ScoredRow[]> {
  const { candidates, perAnswer } = options.exact ? exactly : near;
  const size = question.allowed?.size ?? segment.rows;
  if (size === 0) return [];
  for (let count = candidates + perAnswer * options.limit; ; count *= 4) {
    const wanted = Math.min(size, count);
    const found = wanted < size ? await scan(segment, question, wanted, options) : everyRow(segment, question);
    const { best, bounded } = await compare(segment, question.unit, found, options);
    if (!options.exact || bounded || wanted === size) return best;
  }
}

function everyRow({ rows }: Segment, { allowed }: SegmentQuestion): ScoredRow[] {
  return [...(allowed ?? RowSet.all(rows))].map((item) => ({ item, score: Number.POSITIVE_INFINITY }));
}

/** Candidates by their codes, the greatest bound first. */
async function scan(
  segment: Segment,
  { unit, allowed }: SegmentQuestion,
  wanted: number,
  { exact, probes = 3 * Math.sqrt(segment.lists), turn, signal }: SegmentSearchOptions,
): Promise<ScoredRow[]> {
  const { codes } = segment;
  const best = new TopScores(wanted);
  const scanLists = async (lists: readonly number[]): Promise<void> => {
    for (let first = 0; first < lists.length; first += listsAtOnce) {
      const some = lists.slice(first, first + listsAtOnce);
      await codes.load(some);
      await codes.scan(
        some,
        (exact ? exactly : near).errors,
        () => best.threshold,
        (row, bound) => {
          if (bound > best.threshold && (!allowed || allowed.has(row))) best.add(bound, row);
        },
      );
      await turn();
      signal?.throwIfAborted();
    }
  };
  codes.ask(unit);
  // A filter makes the lists poorer: as many more are read.
  const share = (allowed?.size ?? segment.rows) / segment.rows;
  const nearest = codes.nearest(Math.ceil(probes / share));
  await scanLists(nearest);
  if (exact || best.size < wanted) {
    const scanned = new Set(nearest);
    await scanLists(Array.from({ length: segment.lists }, (_, list) => list).filter((list) => !scanned.has(list)));
  }
  return best.sorted();
}

/** Puts candidates in order by their vectors. `bounded`: no other row can be among the best, as far as the bounds hold. */
async function compare(
  segment: Segment,
  unit: Float32Array,
  found: readonly ScoredRow[],
  { limit, turn, signal }: SegmentSearchOptions,
): Promise<{ readonly best: readonly ScoredRow[]; readonly bounded: boolean }> {
  const best = new TopScores(Math.min(limit, found.length));
  let bounded = false;
  for (let first = 0; first < found.length && !bounded; first += rowsAtOnce) {
    const rows = found.slice(first, first + rowsAtOnce).map(({ item }) => item);
    for (const [i, cosine] of (await segment.cosines(rows, unit)).entries()) best.add(cosine, rows[i] as number);
    bounded = best.size === limit && (found[first + rowsAtOnce]?.score ?? Number.POSITIVE_INFINITY) <= best.threshold;
    await turn();
    signal?.throwIfAborted();
  }
  return { best: best.sorted(), bounded };
}

/** The rows of a segment that pass a condition. */
export async function rowsOf(segment: Segment, condition: Condition): Promise<RowSet> {
  switch (condition.kind) {
    case 'test': {
      const { column, exact, test } = condition;
      if (exact === undefined) return segment.rowsWhere(column, test);
      return (await segment.rowsOf(columnKey(column, exact))) ?? new RowSet(segment.rows);
    }
    case 'not':
      return (await rowsOf(segment, condition.part)).invert();
    default: {
      const [first, ...others] = await Promise.all(condition.parts.map((part) => rowsOf(segment, part)));
      const rows = first as RowSet;
      for (const other of others) condition.kind === 'and' ? rows.intersect(other) : rows.unite(other);
      return rows;
    }
  }
}

/** The allowed rows without those that share a word with some pairs. */
export async function withoutWords(
  segment: Segment,
  pairs: readonly WordPair[],
  allowed: RowSet | undefined,
): Promise<RowSet> {
  const shared = new RowSet(segment.rows);
  for (const word of new Set(pairs.flatMap((pair) => [...wordsOf(pair)]))) {
    const rows = await segment.rowsOf(wordKey(word));
    if (rows) shared.unite(rows);
  }
  shared.invert();
  return allowed ? shared.intersect(allowed) : shared;
}
