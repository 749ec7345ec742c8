/** How many points are of which kind. */
import { kinds } from '../kinds.ts';
import { noKind, type Points } from './points.ts';

/** Points of each kind; the last without one. */
export function countsOf(points: Points, some: Iterable<number>): number[] {
  const counts = new Array<number>(noKind + 1).fill(0);
  for (const i of some) counts[points.kind[i] as number] = (counts[points.kind[i] as number] as number) + 1;
  return counts;
}

export function mostKinds(counts: readonly number[]): string[] {
  return kinds
    .map(({ name }, i) => ({ name, count: counts[i] as number }))
    .filter(({ count }) => count > 0)
    .sort((x, y) => y.count - x.count)
    .map(({ name, count }) => `${name} (${count.toLocaleString('en')})`);
}
