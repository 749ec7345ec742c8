/** @file An index in PostgreSQL: a table of pairs with half vectors, searched through pgvector's HNSW graph. */
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { checkCount, OptionError } from '../../encoder/option-error.ts';
import type { VectorBlock } from '../../formats/vector-block.ts';
import { IndexError, WhereError } from '../../index/error.ts';
import { unitsOf } from '../../index/index-question.ts';
import type { ModelIdentity } from '../../index/manifest.ts';
import type { IndexNeighbour, IndexQuery, IndexSearchOptions, PairIndex } from '../../index/pair-index.ts';
import { wordsOf } from '../../index/row-keys.ts';
import { type Condition, parseWhere } from '../../index/where.ts';
import type { WordPair } from '../../pair/word-pair.ts';
import { type PostgresAddress, parsePostgresAddress } from './address.ts';
import { connectPool, describeDatabaseError, requireVector } from './connection.ts';
import { checkColumns, readDescription, type TableDescription } from './pair-table.ts';
import { isStorable } from './storable-text.ts';
import { SqlText, whereSql } from './where-sql.ts';

export interface PostgresIndexOptions {
  /** `NAME` or `SCHEMA.NAME`. Default: the address's `?table=`, else `relbert_pairs`. */
  readonly table?: string | undefined;
  /** Connections at a time. Default 4. */
  readonly connections?: number | undefined;
  /** Candidates that a search of the graph keeps (hnsw.ef_search), 1 to 1,000. Default 100, or `top` if that is more. */
  readonly efSearch?: number | undefined;
}

/** Rows that are read at a time. */
const blockRows = 1000;

const mostCandidates = 1000;

/** Without iterative scans a filter would see the nearest ef_search rows alone. */
const settingsFor = (candidates: number): string =>
  `set hnsw.ef_search = ${candidates}; set hnsw.iterative_scan = relaxed_order;
  set hnsw.max_scan_tuples = 2147483647; set hnsw.scan_mem_multiplier = 16`;

/** A table that `relbert index push` or {@link pushIndex} filled; `probes` of a search does not apply to it. */
export class PostgresIndex implements PairIndex {
  readonly #pool: Pool;
  /** The settings of each connection. */
  readonly #settings = new WeakMap<PoolClient, string>();
  readonly #address: PostgresAddress;
  readonly #description: TableDescription;
  readonly #efSearch: number;

  /**
   * @param address `postgres://user:password@host:5432/database`; the password may be in the variable PGPASSWORD.
   * @throws OptionError for an `efSearch` out of range; IndexError where the database cannot be reached, has no pgvector 0.8, or no such table of relbert
   */
  static async open(address: string, options: PostgresIndexOptions = {}): Promise<PostgresIndex> {
    const parsed = parsePostgresAddress(address, options.table);
    const { connections = 4, efSearch = 100 } = options;
    if (!Number.isInteger(efSearch) || efSearch < 1 || efSearch > mostCandidates) {
      throw new OptionError(`efSearch must be a whole number from 1 to ${mostCandidates}, got ${efSearch}`);
    }
    const pool = await connectPool(parsed, connections);
    try {
      await requireVector(pool, parsed.origin, false);
      const description = await readDescription(pool, parsed);
      if (!description) {
        throw new IndexError(`${parsed.origin}: there is no such table; make it with 'relbert index push'`);
      }
      await checkColumns(pool, parsed, description.dimension);
      return new PostgresIndex(pool, parsed, description, efSearch);
    } catch (error) {
      await pool.end();
      throw describeDatabaseError(error, parsed);
    }
  }

  private constructor(pool: Pool, address: PostgresAddress, description: TableDescription, efSearch: number) {
    this.#pool = pool;
    this.#address = address;
    this.#description = description;
    this.#efSearch = efSearch;
  }

  get origin(): string {
    return this.#address.origin;
  }

  get dimension(): number {
    return this.#description.dimension;
  }

  get model(): ModelIdentity {
    return this.#description.model;
  }

  get columns(): readonly string[] {
    return this.#description.columns;
  }

  async search(queries: readonly IndexQuery[], options: IndexSearchOptions = {}): Promise<IndexNeighbour[][]> {
    const { top = 10, where, signal } = options;
    checkCount('top', top);
    if (options.probes !== undefined)
      throw new IndexError('probes are lists of an index in a folder; a database has efSearch');
    if (where !== undefined && !isStorable(where))
      throw new WhereError('where: PostgreSQL stores no U+0000, and no half of a surrogate pair');
    const condition = where === undefined ? undefined : parseWhere(where, this.columns);
    const units = unitsOf(queries, this);
    const results: IndexNeighbour[][] = [];
    // A generator ends for all that take from it when one of them throws.
    const remaining = (function* () {
      yield* queries.entries();
    })();
    const askOneByOne = async (): Promise<void> => {
      for (const [i, { pairs = [] }] of remaining) {
        signal?.throwIfAborted();
        const question = { unit: units[i] as Float32Array, pairs, condition };
        const { exact = false } = options;
        const found = await this.#searchOne(question, { ...options, top, exact });
        signal?.throwIfAborted();
        // The graph has no path to every row; and the rows that pass may be far from the question.
        results[i] =
          found.length >= top || exact ? found : await this.#searchOne(question, { ...options, top, exact: true });
      }
    };
    // A question that waited for a connection as long as for the server would count as unanswered.
    await this.#asked(() => Promise.all(Array.from({ length: this.#pool.options.max }, askOneByOne)));
    return results;
  }

  async #searchOne(
    {
      unit,
      pairs,
      condition,
    }: { readonly unit: Float32Array; readonly pairs: readonly WordPair[]; readonly condition: Condition | undefined },
    {
      top,
      exact,
      distinctWords = false,
      signal,
    }: IndexSearchOptions & { readonly top: number; readonly exact: boolean },
  ): Promise<IndexNeighbour[]> {
    const text = new SqlText();
    const distance = `embedding <=> ${text.add(vectorText(unit))}::halfvec`;
    const conditions = pairs
      .filter(mayBeStored)
      .map(({ head, tail }) => `not (head = ${text.add(head)} and tail = ${text.add(tail)})`);
    if (condition) conditions.push(whereSql(condition, text));
    if (distinctWords) {
      const words = JSON.stringify(pairs.flatMap((pair) => [...wordsOf(pair)].filter(isStorable)));
      conditions.push(`not words && array(select jsonb_array_elements_text(${text.add(words)}::text::jsonb))`);
    }
    const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
    const rows = `select head, tail, columns, ${distance} as distance from ${this.#address.quoted} ${where}`;
    // The graph is not used past a subquery with an offset.
    const query = `${exact ? `select * from (${rows} offset 0) as rows` : rows} order by distance limit ${top}`;
    const found = await this.#query(query, text.parameters, { top, signal });
    return found
      .map(({ head, tail, columns, distance: far }) => ({ pair: this.#pair(head, tail, columns), score: 1 - far }))
      .sort((a, b) => b.score - a.score);
  }

  async vectorOf(pair: WordPair): Promise<Float32Array | undefined> {
    if (!mayBeStored(pair)) return undefined;
    const { head, tail } = pair;
    const query = `select embedding::text as vector from ${this.#address.quoted} where head = $1 and tail = $2 limit 1`;
    const [found] = await this.#asked(async () => (await this.#pool.query(query, [head, tail])).rows);
    return found && parseVector(found.vector);
  }

  async *blocks({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<VectorBlock> {
    yield* this.#read(`select head, tail, columns, embedding::text as vector from ${this.#address.quoted}`, signal);
  }

  /** A key is a hash: those that come first are of pairs from anywhere. */
  async sample(count: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Float32Array> {
    const query = `select head, tail, null as columns, embedding::text as vector from ${this.#address.quoted} order by key limit ${count}`;
    const sample = new Float32Array(Math.min(count, await this.count()) * this.dimension);
    let filled = 0;
    for await (const { data } of this.#read(query, signal)) {
      sample.set(data.subarray(0, sample.length - filled), filled);
      filled += data.length;
    }
    return sample.subarray(0, filled);
  }

  /** The rows of a query, block by block. */
  async *#read(query: string, signal: AbortSignal | undefined): AsyncGenerator<VectorBlock> {
    const { dimension } = this;
    const client = await this.#asked(() => this.#pool.connect());
    let failed = true;
    try {
      await this.#asked(() => client.query(`begin read only; declare pairs no scroll cursor for ${query}`));
      for (;;) {
        signal?.throwIfAborted();
        const { rows } = await this.#asked(() => client.query(`fetch ${blockRows} from pairs`));
        if (rows.length === 0) break;
        const data = new Float32Array(rows.length * dimension);
        for (const [i, { vector }] of rows.entries()) data.set(parseVector(vector), i * dimension);
        const pairs = rows.map(({ head, tail, columns }) => this.#pair(head, tail, columns));
        yield { pairs, data, shape: [rows.length, dimension] };
      }
      await this.#asked(() => client.query('commit'));
      failed = false;
    } finally {
      client.release(failed);
    }
  }

  async count(): Promise<number> {
    const query = `select count(*)::float8 as rows from ${this.#address.quoted}`;
    const [found] = await this.#asked(async () => (await this.#pool.query(query)).rows);
    return found.rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #query(
    query: string,
    parameters: string[],
    { top, signal }: Pick<IndexSearchOptions, 'signal'> & { readonly top: number },
  ): Promise<QueryResultRow[]> {
    const client = await this.#pool.connect();
    let taken = true;
    const release = (broken: boolean): void => {
      if (taken) client.release(broken);
      taken = false;
    };
    // A question that is not wanted any more ends with its connection.
    const stop = (): void => release(true);
    signal?.addEventListener('abort', stop);
    try {
      signal?.throwIfAborted();
      const settings = settingsFor(Math.min(mostCandidates, Math.max(this.#efSearch, top)));
      if (this.#settings.get(client) !== settings) await client.query(settings);
      this.#settings.set(client, settings);
      const { rows } = await client.query(query, parameters);
      release(false);
      return rows;
    } catch (error) {
      release(true);
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Further columns in the order in which they came to the table: jsonb has its own. */
  #pair(head: string, tail: string, columns: Readonly<Record<string, unknown>> | null): WordPair {
    if (!columns) return { head, tail };
    const names = this.columns.filter((name) => name in columns);
    return { head, tail, columns: Object.fromEntries(names.map((name) => [name, columns[name]])) };
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw describeDatabaseError(error, this.#address);
    }
  }
}

/** Whether a pair may be in a table, and in the parameters of a query. */
function mayBeStored({ head, tail }: WordPair): boolean {
  return isStorable(head) && isStorable(tail);
}

function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}

function parseVector(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}
