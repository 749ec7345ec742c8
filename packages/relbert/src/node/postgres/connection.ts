/** @file The connections to a database, and what its errors mean for a user. */
import type { Client, ClientConfig, Pool } from 'pg';
import { IndexError } from '../../index/error.ts';
import { MissingPackageError } from '../../text/missing-package-error.ts';
import type { PostgresAddress } from './address.ts';

/** What a query needs: a client of its own, or one of a pool. */
export type PgClient = Pick<Client, 'query'>;

/** Optional peers. @throws MissingPackageError */
export async function loadPg() {
  try {
    // One by one: bundlers let a package be missing where its import is awaited in a `try`.
    const { default: pg } = await import('pg');
    const { from } = await import('pg-copy-streams');
    return { pg, copyFrom: from };
  } catch (cause) {
    throw new MissingPackageError('PostgreSQL', ['pg@8.23.1', 'pg-copy-streams@7.0.0'], { cause });
  }
}

function configOf({ url }: PostgresAddress): ClientConfig {
  return { connectionString: url, application_name: 'relbert', connectionTimeoutMillis: 15_000, keepAlive: true };
}

/** A connection that was made; `lost` rejects when it ends before {@link close}. */
export interface Connection extends AsyncDisposable {
  readonly client: Client;
  readonly lost: Promise<never>;
}

export async function connect(address: PostgresAddress, onNotice?: (notice: string) => void): Promise<Connection> {
  const { pg } = await loadPg();
  const client = new pg.Client(configOf(address));
  const lost = new Promise<never>((_, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('Connection terminated')));
  });
  lost.catch(() => {});
  client.on('notice', ({ message, hint }) => onNotice?.([message, hint].filter(Boolean).join('; ')));
  await client.connect();
  return {
    client,
    lost,
    async [Symbol.asyncDispose]() {
      // A server that has gone does not answer the farewell.
      await Promise.race([client.end().catch(() => {}), lost.catch(() => {}), after(2000)]);
    },
  };
}

export async function connectPool(address: PostgresAddress, connections: number): Promise<Pool> {
  const { pg } = await loadPg();
  const pool = new pg.Pool({
    ...configOf(address),
    max: connections,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
  });
  // The next query says what is wrong with an idle connection.
  pool.on('error', () => {});
  // Nor does one that is lost in the middle of a query end the process: the query rejects.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

/** pgvector: half vectors and iterative scans. */
const oldest = '0.8';

/**
 * Checks that pgvector is there.
 * @param create Installs the extension in the database where the server has it.
 * @throws IndexError where it is missing, may not be installed, or is too old
 */
export async function requireVector(client: PgClient, origin: string, create: boolean): Promise<void> {
  const installed = async (): Promise<string | undefined> =>
    (await client.query(`select extversion as version from pg_extension where extname = 'vector'`)).rows[0]?.version;
  let version = await installed();
  if (version === undefined && create) {
    const available = await client.query(`select 1 from pg_available_extensions where name = 'vector'`);
    if (available.rowCount === 0)
      throw new IndexError(`${origin}: this server does not have pgvector; install version ${oldest} or later`);
    await client.query('create extension if not exists vector').catch((error: unknown) => {
      throw new IndexError(
        `${origin}: pgvector is not in this database, and cannot be added (${(error as Error).message}): have 'create extension vector' run by its owner`,
      );
    });
    version = await installed();
  }
  if (version === undefined) {
    throw new IndexError(
      `${origin}: pgvector is not in this database: run 'create extension vector', or 'relbert index push', which does`,
    );
  }
  if (version.localeCompare(oldest, 'en', { numeric: true }) < 0) {
    throw new IndexError(
      `${origin}: pgvector ${version} is too old, ${oldest} or later is needed: install it on the server, then run 'alter extension vector update'`,
    );
  }
}

/** An error of the driver or the server as one that says what to do; others as they are. */
export function describeDatabaseError(error: unknown, { origin }: PostgresAddress): unknown {
  if (!(error instanceof Error) || error instanceof IndexError) return error;
  const code = String(
    (error as { readonly code?: unknown }).code ?? (terminated.test(error.message) ? 'ECONNRESET' : ''),
  );
  const problem = problemOf(code, error.message);
  return problem === undefined ? error : new IndexError(`${origin}: ${problem}`, { cause: error });
}

/** What the driver says without a code. */
const terminated = /^(Connection terminated|Client was closed|Client has encountered|timeout exceeded)/;

function problemOf(code: string, message: string): string | undefined {
  if (/^(57P0|08)/.test(code) || ['ECONNRESET', 'EPIPE'].includes(code)) {
    return `the database went away (${message}); what was committed stays: run the command again`;
  }
  if (/^E[A-Z_]+$/.test(code)) return `the database cannot be reached (${message || code})`;
  const known: Readonly<Record<string, string>> = {
    '28P01': 'the password is wrong: put it in the address, or in the variable PGPASSWORD',
    '28000': `the user may not connect (${message})`,
    '3D000': `there is no such database (${message})`,
    '42501': `the user may not do that (${message})`,
    '53100': `the disk of the database is full (${message})`,
  };
  // A class of the standard and a code in it: five letters or digits.
  return known[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? `the database says: ${message} (${code})` : undefined);
}
