import { noticeHeader, type PairTable, pairTableOf, RELATION_NAMES } from '../pair/pair-table.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { csvRecords } from '../text/csv.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { jsonObject } from '../text/json.ts';
import { type Line, lineError, linesOf } from '../text/lines.ts';
import { wordField } from './pair-field.ts';

/** A pair and its relation, as a table has them. */
export interface RelationRow {
  readonly pair: WordPair;
  readonly relation: string;
  readonly positive: boolean;
  readonly line: Pick<Line, 'file' | 'number'>;
}

type Row = Pick<RelationRow, 'line'> & { readonly fields: readonly string[] };

/** Where the relation stands in a table without a header: `relation head tail [label]`, or `head tail relation`. */
type RelationColumn = 'first' | 'last';

const COLUMNS = {
  first: { relation: 0, head: 1, tail: 2 },
  last: { head: 0, tail: 1, relation: 2 },
} as const;

/**
 * Pairs with their relations: JSON lines `{"head","tail","relation"}` (or `label`, as headers say it), or a table separated by tabs (by commas in a
 * .csv). A header line names the columns; without one, `relationColumn` says where the relation is.
 *
 * @throws DataError that names the line for another number of fields, an empty field, a label other than `positive`
 *   and `negative` beside a relation; and for an empty file
 */
export function parseRelationRows(
  data: DataFile,
  relationColumn: RelationColumn | ((rows: readonly Row[]) => RelationColumn),
): RelationRow[] {
  const lines = linesOf(data);
  const [first] = lines;
  if (!first) throw new DataError(data.file, undefined, 'holds no pair');
  if (first.text.trimStart().startsWith('{')) return lines.map(jsonRow);
  const rows = rowsOf(data, lines);
  const table = pairTableOf(rows[0]?.fields ?? []);
  if (table) {
    const header = rows.shift() as Row;
    noticeHeader(data.onNotice, header.line);
    if (table.relation === undefined) {
      throw lineError(header.line, 'the header line names no relation; expected head, tail, relation');
    }
    if (rows.length === 0) throw new DataError(data.file, undefined, 'holds no pair');
    return rows.map((row) => namedRow(row, table));
  }
  const column = typeof relationColumn === 'string' ? relationColumn : relationColumn(rows);
  return rows.map((row) => plainRow(row, column));
}

function rowsOf({ file }: DataFile, lines: readonly Line[]): Row[] {
  const rows = /\.csv$/i.test(file)
    ? csvRecords(lines).map(({ fields, line }) => ({ line: { file, number: line }, fields }))
    : lines.map((line) => ({ line, fields: line.text.split('\t') }));
  return rows.map(({ line, fields }) => ({ line, fields: fields.map((field) => field.trim()) }));
}

function jsonRow(line: Line): RelationRow {
  const object = jsonObject(line);
  const pair = { head: wordField(line, "'head'", object['head']), tail: wordField(line, "'tail'", object['tail']) };
  const name = RELATION_NAMES.find((each) => object[each] !== undefined) ?? 'relation';
  const positive = name === 'label' || isPositive(line, object['label']);
  return { pair, relation: wordField(line, `'${name}'`, object[name]), positive, line };
}

function namedRow({ line, fields }: Row, { head, tail, relation = -1, names }: PairTable): RelationRow {
  if (fields.length !== names.length) {
    throw lineError(line, `expected ${names.length} fields as in the header line, got ${fields.length}`);
  }
  const label = names.findIndex((name) => name.toLowerCase() === 'label');
  return rowOf(line, fields, { head, tail, relation }, label === relation ? undefined : fields[label]);
}

function plainRow({ line, fields }: Row, column: RelationColumn): RelationRow {
  const names = column === 'first' ? 'relation, head, tail' : 'head, tail, relation';
  if (fields.length !== 3 && !(column === 'first' && fields.length === 4)) {
    const separator = /\.csv$/i.test(line.file) ? 'commas' : 'tabs';
    throw lineError(line, `expected 3 fields separated by ${separator} (${names}), got ${fields.length}`);
  }
  return rowOf(line, fields, COLUMNS[column], fields[3]);
}

function rowOf(
  line: Row['line'],
  fields: readonly string[],
  at: Readonly<Record<'head' | 'tail' | 'relation', number>>,
  label?: string,
): RelationRow {
  const [head, tail, relation] = (['head', 'tail', 'relation'] as const).map((name) => {
    if (fields[at[name]] === '') throw lineError(line, `the ${name} is empty in ${excerpt(fields)}`);
    return wordField(line, `the ${name}`, fields[at[name]]);
  }) as [string, string, string];
  return { pair: { head, tail }, relation, positive: isPositive(line, label), line };
}

/** What a label beside a relation says: anything else than these two would be guessed. */
function isPositive(line: Row['line'], label: unknown = 'positive'): boolean {
  if (label === 'positive' || label === 'negative') return label === 'positive';
  const shown = typeof label === 'string' ? `'${label}'` : excerpt(label);
  throw lineError(line, `the label should be positive or negative, got ${shown}`);
}

/**
 * Where the relation stands: first, as this package writes it, unless the last of three columns has at most half as many
 * distinct values as the first, as in the lexical relation sets of LexNET.
 */
export function likelyRelationColumn(rows: readonly Row[]): RelationColumn {
  if (rows.some(({ fields }) => fields.length !== 3)) return 'first';
  const distinct = (at: number) => new Set(rows.map(({ fields }) => fields[at])).size;
  return 2 * distinct(2) <= distinct(0) ? 'last' : 'first';
}
