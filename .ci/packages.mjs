/** The packages of this checkout, and what npm installs for them from the registry. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** Manifests by the packages' names. */
export const workspaces = new Map(
  read('package.json')
    .workspaces.map((folder) => read(folder, 'package.json'))
    .map((manifest) => [manifest.name, manifest]),
);

/** The dependencies of a package that the registry has, those of packages of this checkout among them. */
export function registryDependencies({ dependencies = {} }) {
  const found = Object.entries(dependencies).map(([name, range]) =>
    workspaces.has(name) ? registryDependencies(workspaces.get(name)) : { [name]: range },
  );
  return Object.assign({}, ...found);
}

/** Writes a manifest into a folder, and beside it the lock file of what npm resolves for it. */
export function lockIn(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', ['install', ...quiet], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The packages of this checkout that a package depends on, through others too. */
export function siblings({ dependencies = {} }) {
  return Object.keys(dependencies)
    .filter((name) => workspaces.has(name))
    .flatMap((name) => [workspaces.get(name), ...siblings(workspaces.get(name))]);
}
