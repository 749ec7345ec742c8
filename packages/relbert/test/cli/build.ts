/** Before any test: the packages are built where their sources are newer than what was built. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const packages = ['relbert', 'reproduction'];

export default function buildPackages(): void {
  for (const name of packages) {
    const folder = join(root, 'packages', name);
    const stamp = join(folder, 'dist', '.sources');
    const state = stateOfSources(folder);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) continue;
    execFileSync('npx', ['tsdown', '--no-dts'], { cwd: folder, stdio: 'inherit' });
    writeFileSync(stamp, state);
  }
}

function stateOfSources(folder: string): string {
  const hash = createHash('sha256').update(readFileSync(join(folder, 'tsdown.config.ts')));
  for (const name of readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    const { mtimeMs, size } = statSync(join(folder, 'src', name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
