/** Builds the packages, for tests that run the command as a process, where their sources are newer than what was built. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const lock = join(root, 'node_modules/.relbert-build-lock');
const packages = ['relbert', 'reproduction'];

export function buildPackages(): void {
  if (packages.every(isBuilt)) return;
  takeLock();
  try {
    // Another process may have built them while this one waited.
    for (const name of packages) if (!isBuilt(name)) build(name);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isBuilt(name: string): boolean {
  const stamp = stampOf(name);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stateOfSources(name);
}

function build(name: string): void {
  execFileSync('npx', ['tsdown', '--no-dts', '--log-level', 'error'], {
    cwd: join(root, 'packages', name),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(stampOf(name), stateOfSources(name));
}

function stampOf(name: string): string {
  return join(root, 'packages', name, 'dist/.sources');
}

/** One process builds; a lock that a killed process left is broken after two minutes. */
function takeLock(): void {
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 120_000) rmSync(lock, { recursive: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function stateOfSources(name: string): string {
  const folder = join(root, 'packages', name);
  const hash = createHash('sha256').update(readFileSync(join(folder, 'tsdown.config.ts')));
  for (const file of readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    const { mtimeMs, size } = statSync(join(folder, 'src', file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
