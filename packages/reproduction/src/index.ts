/** The commands that this package adds to `relbert`: it loads them when one is asked for. */
export { addPlotCommand } from './cli/plot.ts';
export { addReportCommand } from './cli/report.ts';
