/** The two groups of points that the map compares. */

export type Groups = readonly [a: readonly number[], b: readonly number[]];

export const noGroups: Groups = [[], []];

/** The group at a place becomes the chosen points. */
export function withGroup([a, b]: Groups, place: number, chosen: readonly number[]): Groups {
  return place === 0 ? [chosen, b] : [a, chosen];
}

/** A lasso fills A, then B; the next one begins anew. A lasso around nothing changes nothing. */
export function withLasso(groups: Groups, chosen: readonly number[]): Groups {
  const [a, b] = groups;
  if (chosen.length === 0) return groups;
  if (a.length > 0 && b.length > 0) return [chosen, []];
  return withGroup(groups, a.length === 0 ? 0 : 1, chosen);
}

/** Of a larger group so many points are compared, at even distances. */
const mostCompared = 200;

export function comparedPoints(group: readonly number[]): number[] {
  const step = Math.max(1, group.length / mostCompared);
  return Array.from({ length: Math.min(group.length, mostCompared) }, (_, i) => group[Math.floor(i * step)] as number);
}

/** Another text for other compared points: with it the figures are asked for. undefined where a group is empty. */
export function comparisonKey(groups: Groups): string | undefined {
  return groups.every((group) => group.length > 0) ? JSON.stringify(groups.map(comparedPoints)) : undefined;
}
