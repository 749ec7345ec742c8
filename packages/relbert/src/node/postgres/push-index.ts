/** @file Copies an index into a table of PostgreSQL, so that a push that was interrupted goes on where it stopped. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { IndexError } from '../../index/error.ts';
import { modelDifference } from '../../index/manifest.ts';
import type { PairIndex } from '../../index/pair-index.ts';
import { type PostgresAddress, parsePostgresAddress } from './address.ts';
import { type Connection, connect, describeDatabaseError, loadPg, requireVector } from './connection.ts';
import { copyColumns, copyHeader, copyRows, copyTrailer, keyOf } from './copy-rows.ts';
import { checkColumns, createTable, describe, describeTable, MAX_HALF_VECTOR, readDescription } from './pair-table.ts';

export interface PushIndexOptions {
  /** `NAME` or `SCHEMA.NAME`. Default: the address's `?table=`, else `relbert_pairs`. */
  readonly table?: string | undefined;
  /** Replaces a table that relbert made. Default false. */
  readonly overwrite?: boolean | undefined;
  /** Memory that the server may use to build the graph, in MB. Default: what the rows need, up to 2,000. */
  readonly buildMemory?: number | undefined;
  /** Rows of a transaction, at least: an interrupted push loses the last one. Default 20,000. */
  readonly commitRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: PushIndexEvent) => void) | undefined;
  /** What the server has to say. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

export type PushIndexEvent =
  | { readonly kind: 'copying'; readonly done: number }
  /** `done` and `total` as the server counts them. */
  | { readonly kind: 'indexing'; readonly done: number; readonly total: number };

export interface PushedRows {
  readonly added: number;
  /** Rows that were there already: the same pair with the same columns. */
  readonly repeated: number;
  /** Rows of the table now. */
  readonly rows: number;
}

/**
 * Adds the pairs of an index to a table, which is made where it is missing: those that are there already with the same
 * columns are left as they are. The graph is built after all rows.
 *
 * @throws IndexError for more than 4,000 dimensions; where the table has another dimension or model, or other columns, or
 *   was not made by relbert; where another push writes to it; where the database cannot be reached or goes away
 */
export async function pushIndex(
  source: PairIndex,
  address: string,
  options: PushIndexOptions = {},
): Promise<PushedRows> {
  const parsed = parsePostgresAddress(address, options.table);
  if (source.dimension > MAX_HALF_VECTOR) {
    throw new IndexError(
      `${source.origin} has ${source.dimension} dimensions; pgvector can index up to ${MAX_HALF_VECTOR} (halfvec)`,
    );
  }
  const { signal, onNotice } = options;
  try {
    // One connection writes and holds the lock; the other looks at its progress and cancels it.
    await using writing = await connect(parsed, onNotice);
    await using watching = await connect(parsed);
    await requireVector(writing.client, parsed.origin, true);
    return await new Push(source, parsed, writing, watching.client, options).run();
  } catch (error) {
    signal?.throwIfAborted();
    throw describeDatabaseError(error, parsed);
  }
}

/** Rows in the form of COPY. */
interface CopiedRows {
  readonly bytes: Buffer;
  readonly count: number;
}

class Push {
  readonly #source: PairIndex;
  readonly #address: PostgresAddress;
  readonly #client: Client;
  readonly #lost: Promise<never>;
  readonly #watching: Client;
  readonly #options: PushIndexOptions;

  constructor(
    source: PairIndex,
    address: PostgresAddress,
    writing: Connection,
    watching: Client,
    options: PushIndexOptions,
  ) {
    this.#source = source;
    this.#address = address;
    this.#client = writing.client;
    this.#lost = writing.lost;
    this.#watching = watching;
    this.#options = options;
  }

  async run(): Promise<PushedRows> {
    const { quoted, origin } = this.#address;
    // So that a build ends with the process that asked for it, where the server can see that (from version 14).
    await this.#client.query(`set client_connection_check_interval = '2s'`).catch(() => {});
    const name = `relbert ${quoted}`;
    const lock = await this.#client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as free', [name]);
    if (!lock.rows[0].free) throw new IndexError(`${origin}: another push is writing to this table; wait for its end`);
    const fresh = await this.#prepareTable();
    // An index has no row twice.
    const present = fresh ? undefined : await this.#presentKeys();
    const { added, repeated } = await this.#copy(present);
    await this.#addIndexes();
    return { added, repeated, rows: await this.#count() };
  }

  /** Makes the table, or checks the one that is there. Whether it is new. */
  async #prepareTable(): Promise<boolean> {
    const { dimension, model, columns, origin } = this.#source;
    const wanted = describe(dimension, model, columns);
    const found = await readDescription(this.#client, this.#address);
    if (!found || this.#options.overwrite) {
      await createTable(this.#client, this.#address, wanted, found !== undefined);
      return true;
    }
    await checkColumns(this.#client, this.#address, found.dimension);
    const why = 'push to another table, or replace this one with --overwrite';
    if (found.dimension !== dimension) {
      throw new IndexError(
        `${this.#address.origin}: holds vectors of ${found.dimension} dimensions, ${origin} of ${dimension}; ${why}`,
      );
    }
    const difference = modelDifference(found.model, model);
    if (difference !== undefined) {
      throw new IndexError(
        `${this.#address.origin}: its vectors are of ${found.model.name} (prompt "${found.model.prompt}", ${found.model.pooling}); ` +
          `those of ${origin} have ${difference}: vectors of two models cannot be compared; ${why}`,
      );
    }
    const further = columns.filter((name) => !found.columns.includes(name));
    if (further.length > 0) {
      await describeTable(this.#client, this.#address, describe(dimension, model, [...found.columns, ...further]));
    }
    return false;
  }

  async #count(): Promise<number> {
    const { rows } = await this.#client.query(`select count(*)::float8 as rows from ${this.#address.quoted}`);
    return rows[0].rows;
  }

  /** The keys of the table's rows. */
  async #presentKeys(): Promise<Set<string>> {
    const keys = new Set<string>();
    await this.#client.query(`begin; declare keys no scroll cursor for select key::text from ${this.#address.quoted}`);
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const { rows } = await this.#client.query('fetch 10000 from keys');
      if (rows.length === 0) break;
      for (const { key } of rows) keys.add(keyText(Buffer.from((key as string).replaceAll('-', ''), 'hex')));
    }
    await this.#client.query('commit');
    return keys;
  }

  /** Copies the rows whose keys are not present, some thousand in a transaction. */
  async #copy(present: ReadonlySet<string> | undefined): Promise<Pick<PushedRows, 'added' | 'repeated'>> {
    const { copyFrom } = await loadPg();
    const { signal, onProgress, commitRows = 20_000 } = this.#options;
    const copy = `copy ${this.#address.quoted} (${copyColumns}) from stdin with (format binary)`;
    let [done, added] = [0, 0];
    const blocks = this.#source.blocks({ signal });
    const next = async (): Promise<CopiedRows | undefined> => {
      for (;;) {
        const { done: ended, value } = await blocks.next();
        if (ended) return undefined;
        const { pairs, data } = value;
        const keys = pairs.map(keyOf);
        const rows = [...pairs.keys()].filter((row) => !present?.has(keyText(keys[row] as Buffer)));
        done += pairs.length;
        added += rows.length;
        onProgress?.({ kind: 'copying', done });
        if (rows.length > 0) return { bytes: copyRows(pairs, keys, data, rows), count: rows.length };
      }
    };
    async function* transaction(first: CopiedRows): AsyncGenerator<Buffer> {
      yield copyHeader;
      let count = 0;
      for (let rows: CopiedRows | undefined = first; rows; rows = count < commitRows ? await next() : undefined) {
        count += rows.count;
        yield rows.bytes;
      }
      yield copyTrailer;
    }
    try {
      for (let first = await next(); first; first = await next()) {
        const target = this.#client.query(copyFrom(copy));
        const copying = pipeline(Readable.from(transaction(first)), target, { ...(signal && { signal }) });
        await Promise.race([copying, this.#lost]);
      }
    } finally {
      await blocks.return(undefined);
    }
    return { added, repeated: done - added };
  }

  /** The graph, and what finds a pair; all are made after the rows, which takes a fraction of the time. */
  async #addIndexes(): Promise<void> {
    const { quoted } = this.#address;
    const { rows } = await this.#client.query(
      `select am.amname as method, i.indisunique as unique from pg_index i
      join pg_class c on c.oid = i.indexrelid join pg_am am on am.oid = c.relam
      where i.indrelid = to_regclass($1)`,
      [quoted],
    );
    const has = (method: string, unique = false): boolean =>
      rows.some((row) => row.method === method && row.unique === unique);
    if (!has('btree', true)) await this.#build(`create unique index on ${quoted} (key)`);
    if (!has('hash')) await this.#build(`create index on ${quoted} using hash (head)`);
    if (!has('hnsw')) {
      await this.#allowMemory();
      await this.#build(`create index on ${quoted} using hnsw (embedding halfvec_cosine_ops)`);
    }
    await this.#build(`analyze ${quoted}`);
  }

  /** A graph that does not fit into the server's default of 64 MB takes many times as long. */
  async #allowMemory(): Promise<void> {
    // A vector, 32 neighbours on the lowest level with their distances, and what is on others.
    const needed = (await this.#count()) * (2 * this.#source.dimension + 700);
    const megabytes = this.#options.buildMemory ?? Math.min(2000, Math.ceil(needed / 1e6));
    await this.#client.query(
      `select set_config('maintenance_work_mem', $1, false)
      where pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes($1)`,
      [`${Math.max(1, megabytes)}MB`],
    );
  }

  /** A statement that may take minutes: with its progress, and cancelled on an abort. */
  async #build(statement: string): Promise<void> {
    const { signal, onProgress } = this.#options;
    signal?.throwIfAborted();
    const { processID } = this.#client as unknown as { readonly processID: number };
    const cancel = (): void => void this.#watching.query('select pg_cancel_backend($1)', [processID]).catch(() => {});
    const look = async (): Promise<void> => {
      const { rows } = await this.#watching.query(
        `select tuples_done::float8 as done, tuples_total::float8 as total from pg_stat_progress_create_index where pid = $1`,
        [processID],
      );
      if (rows[0]) onProgress?.({ kind: 'indexing', done: rows[0].done, total: rows[0].total });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    const timer = onProgress && setInterval(() => void look().catch(() => {}), 500);
    try {
      await this.#client.query(statement);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }
}

/** A key in as little memory as a set of texts allows. */
function keyText(key: Buffer): string {
  return key.toString('latin1');
}
