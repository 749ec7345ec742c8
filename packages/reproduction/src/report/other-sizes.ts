import { isSameSet } from './paper-names.ts';
import type { PaperTables } from './paper-tables.ts';
import type { ReportCell } from './report-table.ts';

/** Sets of this package that have another size than the paper's: their figures are marked. */
export class OtherSizes {
  readonly #paper: PaperTables;
  readonly #found = new Map<string, string>();

  constructor(paper: PaperTables) {
    this.#paper = paper;
  }

  get notes(): string[] {
    const found = [...this.#found.values()];
    return found.length === 0 ? [] : [`‡ Another test set than the paper's: ${found.join('; ')}.`];
  }

  /** Test questions of a set in the paper. */
  questions(set: string): number | undefined {
    const table = this.#paper.tables.find(({ id }) => id === 'text-4.2-analogy');
    const row = table?.rows.find(({ labels }) => isSameSet(labels['dataset'] ?? '', set));
    return numberOf(row?.values[table?.columns.indexOf('test') ?? -1]);
  }

  /** Test pairs of a set in the paper; undefined where its Table 1 leaves relations out, as of EVALution. */
  pairs(set: string): number | undefined {
    const table = this.#paper.tables.find(({ id }) => id === 'table-1');
    const at =
      table?.columns.findIndex((column) => column.endsWith('/test') && isSameSet(set, column.slice(0, -5))) ?? -1;
    if (!table || at < 0 || isSameSet(set, 'EVALution')) return undefined;
    return table.rows.reduce((sum, { values }) => sum + (numberOf(values[at]) ?? 0), 0);
  }

  mark(cell: ReportCell, set: string, size: number, inPaper: number | undefined): ReportCell {
    return this.differs(set, size, inPaper) ? { ...cell, otherSize: true } : cell;
  }

  differs(set: string, size: number, inPaper: number | undefined): boolean {
    if (inPaper === undefined || inPaper === size) return false;
    this.#found.set(set, `${set} has ${size} items, the paper's ${inPaper}`);
    return true;
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
