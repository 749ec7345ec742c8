/** Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, exchanges and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  const [s, t] = [[...a], [...b]];
  let before: number[] = [];
  let previous = Array.from({ length: t.length + 1 }, (_, j) => j);
  for (let i = 1; i <= s.length; i++) {
    const row = [i];
    for (let j = 1; j <= t.length; j++) {
      const change = (previous[j - 1] as number) + (s[i - 1] === t[j - 1] ? 0 : 1);
      let least = Math.min(change, (previous[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) {
        least = Math.min(least, (before[j - 2] as number) + 1);
      }
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[t.length] as number;
}

/** The valid names nearest to a mistyped one, best first, at most `most`; an empty list where nothing is near. */
export function nearestNames(name: string, valid: readonly string[], most = 3): string[] {
  const typed = name.toLowerCase();
  if (typed === '') return [];
  return valid
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      // Short names occur within many others by chance.
      const contained = Math.min(typed.length, lower.length) >= 3 && (lower.includes(typed) || typed.includes(lower));
      return { candidate, distance: contained ? 1 : editDistance(typed, lower) };
    })
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.max(name.length, candidate.length) * 0.4)),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** ` (did you mean x or y?)`, or nothing. */
export function suggestion(name: string, valid: readonly string[]): string {
  const names = nearestNames(name, valid);
  return names.length === 0 ? '' : ` (did you mean ${names.join(' or ')}?)`;
}
