/** @file How one segment is searched: lists near the question, or single rows where a filter leaves few. */
import type { WordPair } from '../pair/word-pair.ts';
import type { Scorer } from './kernel/scorer.ts';
import { columnKey, wordKey, wordsOf } from './row-keys.ts';
import { RowSet } from './row-set.ts';
import type { Segment } from './segment.ts';
import { TopScores } from './top-scores.ts';
import type { Condition } from './where.ts';

export interface SegmentSearchOptions {
  readonly scorer: Scorer;
  /** Answers. */
  readonly limit: number;
  /** Compares with every row. Default false. */
  readonly exact?: boolean;
  /** Lists that are read, all of them. Default: see {@link mostProbes}. */
  readonly probes?: number;
  /** Gives the event loop a turn where one is due. */
  readonly turn: () => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Candidates whose vectors are compared: this many, and this many for each answer. */
const candidates = 30;
const candidatesPerAnswer = 3;
/**
 * Of K lists the nearest 3 √K are read at most, and reading ends after √K / 2 lists in a row without a new answer: most
 * questions find theirs in the first few.
 */
const mostProbes = 3;
const patience = 0.5;
/** Below this share of rows a filter is answered row by row. */
const rowByRow = 0.02;

/**
 * The rows of a segment with the greatest cosine to a unit vector, best first.
 * @param allowed The rows that may be answers; undefined: all.
 */
export async function searchSegment(
  segment: Segment,
  unit: Float32Array,
  allowed: RowSet | undefined,
  options: SegmentSearchOptions,
): Promise<{ readonly row: number; readonly score: number }[]> {
  const { scorer, limit, turn } = options;
  const size = allowed?.size ?? segment.rows;
  if (size === 0) return [];
  const wanted = Math.min(size, Math.max(candidates, limit * candidatesPerAnswer));
  const best = new TopScores(wanted);
  scorer.setQuery(unit);
  if (allowed && size <= Math.max(1000, segment.rows * rowByRow)) {
    const rows = [...allowed];
    for (let first = 0; first < rows.length; first += 512) {
      const some = rows.slice(first, first + 512);
      scorer.setQuery(unit);
      for (const [i, score] of (await segment.rowScores(some)).entries()) best.add(score, some[i] as number);
      await turn();
      options.signal?.throwIfAborted();
    }
  } else {
    // A filter makes the lists poorer: as many more are read.
    const share = size / segment.rows;
    const { exact, probes } = options;
    const every = Array.from({ length: segment.lists }, (_, list) => list);
    const lists = exact
      ? every
      : segment.nearestLists(unit, Math.ceil((probes ?? mostProbes * Math.sqrt(segment.lists)) / share));
    const enough =
      exact || probes !== undefined ? lists.length : Math.ceil((patience * Math.sqrt(segment.lists)) / share);
    const read = await scanLists(segment, lists, { allowed, best, enough }, options);
    // Where a filter leaves too few rows in those lists, the others are read as well.
    if (best.size < wanted && !exact) {
      const others = every.filter((list) => !read.has(list));
      await scanLists(segment, others, { allowed, best, enough: others.length }, options);
    }
  }
  const scored: { row: number; score: number }[] = [];
  for (const { item: row } of best.sorted()) {
    const vector = await segment.vector(row);
    scored.push({ row, score: dot(unit, vector) });
  }
  return scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, limit);
}

/** Reads lists until `enough` in a row have changed none of the best answers. Gives those that were read. */
async function scanLists(
  segment: Segment,
  lists: readonly number[],
  {
    allowed,
    best,
    enough,
  }: { readonly allowed: RowSet | undefined; readonly best: TopScores; readonly enough: number },
  { limit, turn, signal }: SegmentSearchOptions,
): Promise<Set<number>> {
  const read = new Set<number>();
  const answers = new TopScores(limit);
  let unchanged = 0;
  for (const list of lists) {
    const [first] = segment.listRows(list);
    const scores = await segment.listScores(list);
    read.add(list);
    unchanged++;
    let threshold = best.threshold;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i] as number;
      if (score <= threshold || (allowed && !allowed.has(first + i))) continue;
      best.add(score, first + i);
      threshold = best.threshold;
      if (score <= answers.threshold) continue;
      answers.add(score, first + i);
      unchanged = 0;
    }
    if (unchanged >= enough) break;
    await turn();
    signal?.throwIfAborted();
  }
  return read;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
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
