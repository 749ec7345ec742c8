/** @file One type for each further column of pairs, as Arrow and Parquet want it; text and JSON lines declare none. */
import { PairError } from '../pair/pair-error.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { excerpt } from '../text/excerpt.ts';

/** `empty`: no value but null. `text` takes any value: what is not a string as its JSON. */
export type ColumnType = 'empty' | 'boolean' | 'integer' | 'number' | 'text';

/** Whole numbers are bigints, as both formats store 64 bits. */
export type ColumnValue = string | number | bigint | boolean | null;

/** The types of columns, in the order in which the columns come. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>;

/** The columns of some pairs, added to those of pairs before. */
export function columnTypes(pairs: Iterable<WordPair>, before: ColumnTypes = new Map()): ColumnTypes {
  const types = new Map(before);
  for (const { columns } of pairs) {
    for (const [name, value] of Object.entries(columns ?? {})) {
      types.set(name, common(types.get(name) ?? 'empty', typeOf(value)));
    }
  }
  return types;
}

/** The type that holds the values of both. */
function common(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b || b === 'empty') return a;
  if (a === 'empty') return b;
  return [a, b].every((type) => type === 'integer' || type === 'number') ? 'number' : 'text';
}

function typeOf(value: unknown): ColumnType {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'number') return 'text';
  return Number.isSafeInteger(value) ? 'integer' : 'number';
}

/** A column with its values, one a pair: null where the pair has none. */
export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: readonly ColumnValue[];
}

/**
 * The further columns of pairs.
 * @param first Number of the first pair, for messages.
 * @throws PairError naming the row with a column that is not among `types`, or with a value of another type
 */
export function typedColumns(pairs: readonly WordPair[], types: ColumnTypes, first: number): TypedColumn[] {
  for (const [i, pair] of pairs.entries()) {
    const added = Object.keys(pair.columns ?? {}).find((name) => !types.has(name));
    if (added !== undefined) throw rowError(pair, first + i, `there was no column ${excerpt(added)} before`);
  }
  return Array.from(types, ([name, type]) => ({
    name,
    type,
    values: pairs.map((pair, i) => {
      const value = pair.columns?.[name] ?? null;
      if (value === null) return null;
      if (common(type, typeOf(value)) !== type) {
        const problem = `the column ${excerpt(name)} holds ${excerpt(value)}, and ${expected[type]} before`;
        throw rowError(pair, first + i, problem);
      }
      if (type === 'integer') return BigInt(value as number);
      return type === 'text' && typeof value !== 'string' ? JSON.stringify(value) : (value as ColumnValue);
    }),
  }));
}

const expected: Readonly<Record<ColumnType, string>> = {
  empty: 'nothing but null',
  boolean: 'true or false',
  integer: 'whole numbers',
  number: 'numbers',
  text: 'texts',
};

function rowError(pair: WordPair, row: number, problem: string): PairError {
  return new PairError(
    `row ${row}, ${pairText(pair)}: ${problem}; columns of a stream are those of its first rows: give a file, which is read ahead, or --format jsonl`,
  );
}
