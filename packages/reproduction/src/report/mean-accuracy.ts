import type { ReportModel } from './report-file.ts';

/** Mean accuracy on the questions of U2, Google and BATS, in percent. */
export function meanAccuracy({ analogy }: ReportModel, ofSplit: 'valid' | 'test'): number {
  const own = analogy.filter(({ set, split }) => split === ofSplit && ['u2', 'google', 'bats'].includes(set));
  return (100 * own.reduce((sum, { accuracy }) => sum + accuracy, 0)) / own.length;
}
