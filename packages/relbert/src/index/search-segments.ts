/** @file How all segments are searched together: the best of each, without the pairs of the question. */
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { IndexNeighbour, IndexQuery } from './pair-index.ts';
import { RowSet } from './row-set.ts';
import type { Segment } from './segment.ts';
import { rowsOf, type SegmentSearchOptions, searchSegment, withoutWords } from './segment-search.ts';
import type { Condition } from './where.ts';

export interface SearchOptions extends Omit<SegmentSearchOptions, 'limit' | 'turn'> {
  /** Answers to each question. */
  readonly top: number;
  /** Leaves out pairs that share a word with the question's pairs. Default false. */
  readonly distinctWords?: boolean | undefined;
}

/** The pairs with the greatest cosine to each question, best first. @param units The directions of the questions. */
export async function searchSegments(
  segments: readonly Segment[],
  queries: readonly IndexQuery[],
  units: readonly Float32Array[],
  condition: Condition | undefined,
  options: SearchOptions,
): Promise<IndexNeighbour[][]> {
  // Most searches take less: a turn costs a millisecond.
  const turn = eventLoopTurns(10);
  const filters = await Promise.all(segments.map((segment) => (condition ? rowsOf(segment, condition) : undefined)));
  const results: IndexNeighbour[][] = [];
  for (const [i, { pairs = [] }] of queries.entries()) {
    options.signal?.throwIfAborted();
    const allowed = segments.map((segment, s) => allowedRows(segment, pairs, filters[s], options.distinctWords));
    const asked = { unit: units[i] as Float32Array, pairs, allowed: await Promise.all(allowed) };
    results.push(await answer(segments, asked, { ...options, turn }));
    await turn();
  }
  return results;
}

/** A question with the rows of each segment that may be answers. */
interface Asked {
  readonly unit: Float32Array;
  readonly pairs: readonly WordPair[];
  readonly allowed: readonly (RowSet | undefined)[];
}

/** A row that a search found. */
interface FoundRow {
  readonly segment: Segment;
  readonly row: number;
  readonly score: number;
}

async function answer(
  segments: readonly Segment[],
  { unit, pairs, allowed }: Asked,
  options: SearchOptions & Pick<SegmentSearchOptions, 'turn'>,
): Promise<IndexNeighbour[]> {
  const { top } = options;
  // The question's pairs are taken out of the answers, so there is room for them, and for more rows of the same pairs.
  for (let limit = top + pairs.length; ; limit *= 2) {
    const found: FoundRow[] = [];
    for (const [s, segment] of segments.entries()) {
      const rows = await searchSegment(segment, { unit, allowed: allowed[s] }, { ...options, limit });
      for (const { item, score } of rows) found.push({ segment, row: item, score });
    }
    const best = found.sort((a, b) => b.score - a.score).slice(0, limit);
    const neighbours = await neighboursOf(best, pairs);
    if (neighbours.length >= top || best.length < limit) return neighbours.slice(0, top);
  }
}

/** The rows of a segment that may be answers; undefined: all. */
async function allowedRows(
  segment: Segment,
  pairs: readonly WordPair[],
  filter: RowSet | undefined,
  distinctWords = false,
): Promise<RowSet | undefined> {
  const allowed = distinctWords ? await withoutWords(segment, pairs, filter) : filter;
  if (!segment.removed) return allowed;
  return (allowed?.copy() ?? RowSet.all(segment.rows)).intersect(segment.removed.copy().invert());
}

/** The pairs of rows with their scores, without those of the question. */
async function neighboursOf(best: readonly FoundRow[], without: readonly WordPair[]): Promise<IndexNeighbour[]> {
  const pairsOf = new Map<Segment, WordPair[]>();
  for (const segment of new Set(best.map(({ segment }) => segment))) {
    pairsOf.set(segment, await segment.pairs(best.filter((row) => row.segment === segment).map(({ row }) => row)));
  }
  const question = new Set(without.map(pairKey));
  return best.flatMap(({ segment, score }) => {
    // The pairs of a segment stand in the order of its rows in `best`.
    const pair = pairsOf.get(segment)?.shift();
    return pair && !question.has(pairKey(pair)) ? [{ pair, score }] : [];
  });
}
