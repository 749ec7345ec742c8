/** @file `postgres://user@host:5432/database?table=NAME`: where a table of pairs is. */
import { IndexError } from '../../index/error.ts';

/** Whether a place is a database, not a folder. */
export function isPostgresAddress(place: string): boolean {
  return /^postgres(ql)?:\/\//i.test(place);
}

/** The table where an address names none. */
const DEFAULT_TABLE = 'relbert_pairs';

export interface PostgresAddress {
  /** For the driver, without the table. A socket's folder is its `?host=/...`. */
  readonly url: string;
  /** As written: `pairs` or `schema.pairs`. */
  readonly table: string;
  /** The table in SQL. */
  readonly quoted: string;
  /** For messages: without user and password. */
  readonly origin: string;
}

/** @param table Instead of the address's `?table=`. @throws IndexError for what is not an address, or not a name of a table */
export function parsePostgresAddress(address: string, table?: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new IndexError('this is not an address of a database: expected postgres://user@host/database');
  }
  const name = table ?? url.searchParams.get('table') ?? DEFAULT_TABLE;
  const host = url.searchParams.get('host');
  url.searchParams.delete('table');
  const parts = name.split('.');
  if (parts.length > 2 || parts.some((part) => !/^[^\0"]+$/.test(part) || Buffer.byteLength(part) > 63)) {
    throw new IndexError(
      `${JSON.stringify(name)} is not a name of a table: expected NAME or SCHEMA.NAME, of at most 63 bytes each`,
    );
  }
  return {
    url: url.href,
    table: name,
    quoted: parts.map((part) => `"${part}"`).join('.'),
    origin: `postgres://${host ?? url.host}${url.pathname}, table ${name}`,
  };
}
