import { Random } from '../data/random.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** A pair and its label. */
export interface LabelledExample extends WordPair {
  readonly label: string;
}

/** The same for two pairs that differ only in case. */
export function foldedPairKey({ head, tail }: WordPair): string {
  return pairKey({ head: head.toLowerCase(), tail: tail.toLowerCase() });
}

/** The same for two pairs that differ only in case and direction: who has learnt one knows something of the other. */
export function undirectedPairKey({ head, tail }: WordPair): string {
  const [first = '', second = ''] = [head.toLowerCase(), tail.toLowerCase()].sort();
  return pairKey({ head: first, tail: second });
}

/** The first example of each pair, but for its case, that has two labels. The reversed pair may have another label. */
export function contradictions(examples: readonly LabelledExample[]): LabelledExample[] {
  const firsts = new Map<string, LabelledExample>();
  const found = new Set<LabelledExample>();
  for (const example of examples) {
    const key = foldedPairKey(example);
    const first = firsts.get(key) ?? example;
    firsts.set(key, first);
    if (first.label !== example.label) found.add(first);
  }
  return [...found];
}

/**
 * Deals examples into folds 0 … count − 1, each label evenly: the fold of each example. Examples of the same pair, but for
 * case and direction, share a fold, so that none is learnt from and judged by at once. Fold −1 is never held out: a pair
 * that has two labels, and the only pair of a label.
 */
export function dealFolds(examples: readonly LabelledExample[], count: number, seed: number): Int32Array {
  const samePair = new Map<string, number[]>();
  for (const [i, example] of examples.entries()) {
    const key = undirectedPairKey(example);
    const places = samePair.get(key);
    if (places) places.push(i);
    else samePair.set(key, [i]);
  }
  const contradicting = new Set(contradictions(examples).map(undirectedPairKey));
  const byLabel = new Map<string, number[][]>();
  for (const places of new Random(seed).shuffle([...samePair.values()])) {
    const example = examples[places[0] as number] as LabelledExample;
    const groups = byLabel.get(example.label) ?? [];
    byLabel.set(example.label, groups);
    if (!contradicting.has(undirectedPairKey(example))) groups.push(places);
  }
  const folds = new Int32Array(examples.length).fill(-1);
  for (const groups of byLabel.values()) {
    for (const [n, places] of groups.entries()) for (const i of places) folds[i] = n % count;
  }
  keepLabels(examples, [...byLabel.values()].flat(), folds);
  return folds;
}

/** A label whose examples are all in one fold would be unknown when that is held out: their groups are not. */
function keepLabels(
  examples: readonly LabelledExample[],
  groups: readonly (readonly number[])[],
  folds: Int32Array,
): void {
  const labelsOf = (places: readonly number[]) => new Set(places.map((i) => (examples[i] as LabelledExample).label));
  const foldsOf = new Map<string, Set<number>>();
  for (const places of groups) {
    for (const label of labelsOf(places)) {
      const found = foldsOf.get(label) ?? new Set();
      foldsOf.set(label, found.add(folds[places[0] as number] as number));
    }
  }
  for (const places of groups) {
    if ([...labelsOf(places)].every((label) => (foldsOf.get(label)?.size ?? 0) > 1)) continue;
    for (const i of places) folds[i] = -1;
  }
}
