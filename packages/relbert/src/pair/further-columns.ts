/** @file Further columns of pairs in output that says things of a pair itself: its score, its embedding. */
import type { WordPair } from './word-pair.ts';

/** What a further column is called where the output has a member of its name: no value is replaced. */
export function furtherColumn(name: string, isTaken: (name: string) => boolean): string {
  return isTaken(name) ? furtherColumn(`input_${name}`, isTaken) : name;
}

/**
 * The further columns of a pair for an output that has some members itself: a column with the name of a member gets
 * `input_` before it.
 *
 * @param members Names that the output uses, `head` and `tail` aside.
 * @param onNotice Called once for each column that is renamed.
 */
export function furtherColumns(
  members: readonly string[],
  onNotice?: (notice: string) => void,
): (pair: WordPair) => Readonly<Record<string, unknown>> {
  const noted = new Set<string>();
  return ({ columns = {} }) => {
    if (!members.some((name) => name in columns)) return columns;
    const entries = Object.entries(columns).map(([name, value]) => {
      if (!members.includes(name)) return [name, value];
      const renamed = furtherColumn(name, (other) => members.includes(other) || other in columns);
      if (!noted.has(name)) onNotice?.(renamedNotice(name, renamed));
      noted.add(name);
      return [renamed, value];
    });
    return Object.fromEntries(entries);
  };
}

export function renamedNotice(name: string, renamed: string): string {
  return `the column ${name} is called ${renamed} in the output, which has a ${name} itself`;
}
