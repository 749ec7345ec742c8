/** @file A table of pairs: its columns, and what its comment says of their model. */
import * as z from 'zod';
import { IndexError } from '../../index/error.ts';
import { type ModelIdentity, modelSchema } from '../../index/manifest.ts';
import type { PostgresAddress } from './address.ts';
import type { PgClient } from './connection.ts';

const descriptionSchema = z.strictObject({
  format: z.literal('relbert-pairs'),
  version: z.literal(1),
  dimension: z.number().int().positive(),
  model: modelSchema,
  /** Names of further columns, in the order in which they came. */
  columns: z.array(z.string()),
});

/** Of which model a table's vectors are; the comment of the table holds it as JSON, so that dumps carry it. */
export type TableDescription = z.infer<typeof descriptionSchema>;

/** Vectors of more dimensions cannot be indexed: pgvector's limit for halfvec. */
export const MAX_HALF_VECTOR = 4000;

function columnTypes(dimension: number): Readonly<Record<string, string>> {
  return {
    // of the pair with its columns: the first 16 bytes of SHA-256
    key: 'uuid',
    head: 'text',
    tail: 'text',
    // of both, lower case, for --distinct-words
    words: 'text[]',
    columns: 'jsonb',
    // of length 1
    embedding: `halfvec(${dimension})`,
  };
}

/** Makes a table with its description, or nothing. @param replaced Drops the table of this name first. */
export async function createTable(
  client: PgClient,
  { quoted }: PostgresAddress,
  description: TableDescription,
  replaced: boolean,
): Promise<void> {
  const columns = Object.entries(columnTypes(description.dimension)).map(
    ([name, type]) => `"${name}" ${type}${name === 'columns' ? '' : ' not null'}`,
  );
  const drop = replaced ? `drop table ${quoted};` : '';
  // Statements that are sent as one are one transaction.
  await client.query(`${drop} create table ${quoted} (${columns.join(', ')}); ${commentSql(quoted, description)}`);
}

export async function describeTable(
  client: PgClient,
  { quoted }: PostgresAddress,
  description: TableDescription,
): Promise<void> {
  await client.query(commentSql(quoted, description));
}

function commentSql(quoted: string, description: TableDescription): string {
  return `comment on table ${quoted} is '${JSON.stringify(description).replaceAll("'", "''")}'`;
}

/**
 * What a table says of itself; undefined where there is no table.
 * @throws IndexError where the table was not made by relbert
 */
export async function readDescription(
  client: PgClient,
  { quoted, origin }: PostgresAddress,
): Promise<TableDescription | undefined> {
  const { rows } = await client.query(
    `select to_regclass($1)::oid::text as oid, obj_description(to_regclass($1), 'pg_class') as comment`,
    [quoted],
  );
  const found = rows[0] as { readonly oid: string | null; readonly comment: string | null };
  if (found.oid === null) return undefined;
  const description = parseDescription(found.comment);
  if (!description) {
    throw new IndexError(`${origin}: there is such a table, and it was not made by relbert; choose another by --table`);
  }
  return description;
}

/** @throws IndexError where the table has other columns than those that relbert made */
export async function checkColumns(
  client: PgClient,
  { quoted, origin }: PostgresAddress,
  dimension: number,
): Promise<void> {
  const { rows } = await client.query(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [quoted],
  );
  const types = new Map(rows.map(({ name, type }) => [name as string, (type as string).replace(/^.*\./, '')]));
  for (const [name, type] of Object.entries(columnTypes(dimension))) {
    if (types.get(name) !== type) {
      throw new IndexError(
        `${origin}: the column ${name} of the table is ${types.get(name) ?? 'missing'}; expected ${type}. Push to another table, or replace this one with --overwrite`,
      );
    }
  }
}

function parseDescription(comment: string | null): TableDescription | undefined {
  try {
    return descriptionSchema.parse(JSON.parse(comment ?? ''));
  } catch {
    return undefined;
  }
}

export function describe(dimension: number, model: ModelIdentity, columns: readonly string[]): TableDescription {
  return { format: 'relbert-pairs', version: 1, dimension, model, columns: [...columns] };
}
