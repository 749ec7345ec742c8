/** A plain table with aligned columns for people. */
import Table from 'cli-table3';
import { visible } from '../text/visible.ts';
import type { Colors } from './terminal.ts';

export interface Column {
  readonly title: string;
  /** Default 'left'. */
  readonly align?: 'left' | 'right';
}

/** A text, or one with a style. */
export type Cell = string | { readonly text: string; readonly style: (text: string) => string };

/** Text of a table without borders, a line a row, no white space at line ends; no final line end. */
export function tableText(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Colors): string {
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: columns.map(({ title }) => style.bold(visible(title))),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: {
      ...none,
      ...{ 'left-mid': '', 'right-mid': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', right: '', middle: '  ' },
    },
  });
  table.push(...rows.map((row) => row.map(cellText)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function cellText(cell: Cell): string {
  return typeof cell === 'string' ? visible(cell) : cell.style(visible(cell.text));
}
