/** A table of the report: published rows, and this package's beside them. */
export interface ReportTable {
  /** `table-2`, `text-4.1`, or a name for tables that the paper does not have. */
  readonly id: string;
  /** Section of the paper; undefined for a table that it does not have. */
  readonly section: string | undefined;
  readonly title: string;
  readonly metric: string;
  /** Title of the first column. */
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly ReportRow[];
  readonly notes: readonly string[];
}

export interface ReportRow {
  readonly label: string;
  /** Whose figures: published ones, or measured by this package. */
  readonly origin: 'paper' | 'measured';
  readonly cells: readonly ReportCell[];
}

export interface ReportCell {
  /** A figure, in the table's metric; text; null where there is none. */
  readonly value: number | string | null;
  /** Decimals of a figure. Default 1. */
  readonly digits?: number;
  /** 95 % interval, in the table's metric. */
  readonly interval?: readonly [low: number, high: number];
  /** The figure minus the best published one of its column. */
  readonly difference?: number;
  /** Whether it is the best published figure of its column, among those that can be compared. */
  readonly best?: boolean;
  /** Tuned or prompted on the set itself: not comparable. */
  readonly starred?: boolean;
  /** Of a set that has another number of items than the paper's: marked ‡. */
  readonly otherSize?: boolean;
  /** A command line. */
  readonly code?: boolean;
}

/** The text of a cell's value: `62.3`, `-` for none. */
export function cellText({ value, digits = 1 }: ReportCell): string {
  if (value === null) return '–';
  return typeof value === 'number'
    ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : value;
}

/** `+3.1`, `−2.0`. */
export function differenceText(difference: number): string {
  const text = Math.abs(difference).toFixed(1);
  return text === '0.0' ? '±0.0' : `${difference > 0 ? '+' : '−'}${text}`;
}
