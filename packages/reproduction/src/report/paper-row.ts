/** Rows of the paper's tables, and measured figures beside them. */
import type { Interval } from 'relbert/evaluate';
import { bestPublished, type PaperTable } from './paper-tables.ts';
import type { ReportCell, ReportRow } from './report-table.ts';

type PaperRow = PaperTable['rows'][number];

function paperLabel({ labels, target }: PaperRow): string {
  return [...Object.values(labels), ...(target ? [target.join(':')] : [])].join(' · ');
}

/** A row of the paper as it stands there. */
export function paperRow(table: PaperTable, row: PaperRow, label = paperLabel(row)): ReportRow {
  const isScore = /%/.test(table.metric) && !/settings/.test(table.metric);
  return {
    label,
    origin: 'paper',
    cells: row.values.map((value, i): ReportCell => {
      const column = table.columns[i] as string;
      if (typeof value !== 'number') return { value: valueText(value) };
      const starred = row.starred?.includes(column) ?? false;
      const best = isScore && !starred && value === bestPublished(table, column);
      return { value, digits: isScore ? 1 : decimals(value), ...(starred && { starred }), ...(best && { best }) };
    }),
  };
}

/** Digits after the point that say a number as the paper does. */
export function decimals(value: number): number {
  return /\.(\d+)/.exec(String(value))?.[1]?.length ?? (value !== 0 && Math.abs(value) < 1e-4 ? 5 : 0);
}

/** Lists of words and pairs as text. */
function valueText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  if (!Array.isArray(value)) return String(value);
  return value.map((entry: unknown) => (Array.isArray(entry) ? entry.join(':') : String(entry))).join(', ');
}

/** A measured percentage with its distance to the best published one. */
export function measured(
  table: PaperTable,
  column: string,
  fraction: number | undefined,
  interval?: Interval,
): ReportCell {
  if (fraction === undefined) return { value: null };
  const value = 100 * fraction;
  const best = bestPublished(table, column);
  return {
    value,
    ...(interval && { interval: [100 * interval.low, 100 * interval.high] as const }),
    ...(best !== undefined && { difference: value - best }),
  };
}
