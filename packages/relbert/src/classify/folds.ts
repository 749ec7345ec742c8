import { Random } from '../data/random.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** A pair and its label. */
export interface LabelledExample extends WordPair {
  readonly label: string;
}

/**
 * Deals examples into folds 0 … count − 1, each label evenly: the fold of each example. Examples of the same pair, but for
 * case and direction, share a fold, so that none is learnt from and judged by at once. Fold −1 is never held out: the only
 * pair of a label, and a pair that has two labels.
 */
export function dealFolds(examples: readonly LabelledExample[], count: number, seed: number): Int32Array {
  const samePair = new Map<string, number[]>();
  for (const [i, { head, tail }] of examples.entries()) {
    const [first = '', second = ''] = [head.toLowerCase(), tail.toLowerCase()].sort();
    const key = pairKey({ head: first, tail: second });
    const places = samePair.get(key);
    if (places) places.push(i);
    else samePair.set(key, [i]);
  }
  const labelOf = (i: number): string => (examples[i] as LabelledExample).label;
  const byLabel = new Map<string, number[][]>();
  for (const places of new Random(seed).shuffle([...samePair.values()])) {
    const label = labelOf(places[0] as number);
    if (!byLabel.has(label)) byLabel.set(label, []);
    if (places.every((i) => labelOf(i) === label)) byLabel.get(label)?.push(places);
  }
  const folds = new Int32Array(examples.length).fill(-1);
  for (const groups of byLabel.values()) {
    if (groups.length === 1) continue;
    for (const [n, places] of groups.entries()) for (const i of places) folds[i] = n % count;
  }
  return folds;
}
