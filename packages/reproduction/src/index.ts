/** The commands that this package adds to `relbert`: it loads them when one is typed. */
import { plot } from './cli/plot.ts';
import { report } from './cli/report.ts';

export const commands = [report, plot];
