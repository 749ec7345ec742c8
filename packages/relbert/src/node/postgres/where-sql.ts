/** @file A condition of `--where` in SQL, with the meaning that it has in an index: a test of a column that a row lacks fails. */
import type { Comparison, Condition } from '../../index/where.ts';

/** Text of SQL with its parameters: `$1`, `$2` … in their order. */
export class SqlText {
  readonly parameters: string[] = [];

  /** A parameter's place. */
  add(value: string): string {
    return `$${this.parameters.push(value)}`;
  }
}

/** A number as JavaScript reads it from a text, in a range that `numeric` has. */
const NUMBER = String.raw`^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$`;

export function whereSql(condition: Condition, sql: SqlText): string {
  switch (condition.kind) {
    case 'test':
      return `coalesce(${comparisonSql(condition, sql)}, false)`;
    case 'not':
      return `(not ${whereSql(condition.part, sql)})`;
    default:
      return `(${condition.parts.map((part) => whereSql(part, sql)).join(` ${condition.kind} `)})`;
  }
}

function comparisonSql({ column, sign, value }: Comparison, sql: SqlText): string {
  const text = column === 'head' || column === 'tail' ? column : columnSql(sql.add(column));
  if (typeof value !== 'number') return `${text} ${sign} ${sql.add(String(value))}::text collate "C"`;
  return `case when ${text} ~ '${NUMBER}' then (${text})::numeric ${sign} ${sql.add(String(value))}::numeric end`;
}

/** The text of a further column; a list or an object has none, as in an index. */
function columnSql(name: string): string {
  const cell = `columns->${name}::text`;
  return `(case jsonb_typeof(${cell}) when 'object' then null when 'array' then null when 'null' then 'null' else columns->>${name}::text end)`;
}
