import { isSameSet } from './paper-names.ts';
import type { ReportModel } from './report-file.ts';

const SETS = ['U2', 'Google', 'BATS'];

/** Mean accuracy on the questions of U2, Google and BATS, in percent; undefined without any of them. */
export function meanAccuracy({ analogy }: ReportModel, ofSplit: 'valid' | 'test'): number | undefined {
  const own = analogy.filter(({ set, split }) => split === ofSplit && SETS.some((name) => isSameSet(set, name)));
  if (own.length === 0) return undefined;
  return (100 * own.reduce((sum, { accuracy }) => sum + accuracy, 0)) / own.length;
}
