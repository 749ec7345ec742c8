/** @file How one segment is searched: lists near the question, or single rows where a filter leaves few. */
import type { WordPair } from '../pair/word-pair.ts';
import type { QuantisedQuery, Scorer } from './kernel/scorer.ts';
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
  /** Lists that are read for a question. Default: 2 √K of K. */
  readonly probes?: number;
  /** Gives the event loop a turn where one is due. */
  readonly turn: () => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Candidates whose vectors are compared: this many, and this many for each answer. */
const candidates = 30;
const candidatesPerAnswer = 3;
/** Below this share of rows a filter is answered row by row. */
const rowByRow = 0.02;

/** A question to a segment. */
export interface SegmentQuestion {
  /** Of length 1. */
  readonly unit: Float32Array;
  /** The rows that may be answers; undefined: all. */
  readonly allowed: RowSet | undefined;
}

/** Candidates of a question, by the codes. */
interface Search extends SegmentQuestion {
  readonly query: QuantisedQuery;
  readonly best: TopScores;
}

/** The rows of a segment with the greatest cosine to each unit vector, best first. */
export async function searchSegment(
  segment: Segment,
  questions: readonly SegmentQuestion[],
  options: SegmentSearchOptions,
): Promise<{ readonly row: number; readonly score: number }[][]> {
  const { scorer, limit, exact } = options;
  const searches = questions.map(({ unit, allowed }): Search => {
    const wanted = Math.min(allowed?.size ?? segment.rows, Math.max(candidates, limit * candidatesPerAnswer));
    return { unit, allowed, query: scorer.quantise(unit), best: new TopScores(wanted) };
  });
  // What reads all lists reads them once for all questions.
  if (exact) await scanLists(segment, everyList(segment), searches, options);
  else for (const search of searches) await searchNear(segment, search, options);
  const results: { row: number; score: number }[][] = [];
  for (const { unit, best } of searches) {
    const scored: { row: number; score: number }[] = [];
    // In the order of the file.
    for (const { item: row } of best.sorted().sort((a, b) => a.item - b.item)) {
      scored.push({ row, score: await segment.cosine(row, unit) });
    }
    results.push(scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, limit));
  }
  return results;
}

/** Candidates from the nearest lists, or row by row where a filter leaves few. */
async function searchNear(segment: Segment, search: Search, options: SegmentSearchOptions): Promise<void> {
  const { unit, allowed, query, best } = search;
  const { scorer, turn, probes = 2 * Math.sqrt(segment.lists) } = options;
  const size = allowed?.size ?? segment.rows;
  if (size === 0) return;
  if (allowed && size <= Math.max(1000, segment.rows * rowByRow)) {
    const rows = [...allowed];
    for (let first = 0; first < rows.length; first += 512) {
      const some = rows.slice(first, first + 512);
      scorer.setQuery(query);
      for (const [i, score] of (await segment.rowScores(some)).entries()) best.add(score, some[i] as number);
      await turn();
      options.signal?.throwIfAborted();
    }
    return;
  }
  // A filter makes the lists poorer: as many more are read.
  const near = segment.nearestLists(unit, Math.ceil((probes * segment.rows) / size));
  await scanLists(segment, near, [search], options);
  if (best.size === best.limit) return;
  // Too few rows in those lists: the others are read as well.
  const read = new Set(near);
  const others = everyList(segment).filter((list) => !read.has(list));
  await scanLists(segment, others, [search], options);
}

function everyList({ lists }: Segment): number[] {
  return Array.from({ length: lists }, (_, list) => list);
}

async function scanLists(
  segment: Segment,
  lists: readonly number[],
  searches: readonly Search[],
  { scorer, turn, signal }: SegmentSearchOptions,
): Promise<void> {
  for (const list of lists) {
    const [first] = segment.listRows(list);
    const rows = await segment.loadList(list);
    for (const { query, allowed, best } of searches) {
      scorer.setQuery(query);
      const scores = scorer.score(rows);
      let threshold = best.threshold;
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] as number;
        if (score <= threshold || (allowed && !allowed.has(first + i))) continue;
        best.add(score, first + i);
        threshold = best.threshold;
      }
    }
    await turn();
    signal?.throwIfAborted();
  }
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
