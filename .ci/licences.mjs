/**
 * Licences of what each published package installs and ships; fails where one is not allowed or a file has none.
 *
 *   npm run licences
 *
 * Packages: everything that the lock file installs for its dependencies, without development and optional peers. Data and
 * weights: each file that npm packs; a file of data/ stands in data/README.md with its licence, weights are under the
 * package's licence.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const allowed = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CC-BY-4.0',
  'Unlicense',
];
const lock = read('package-lock.json').packages;
const problems = [];

/** `A OR B` needs one that is allowed, `A AND B` both. */
function isAllowed(expression) {
  const plain = expression.replace(/[()]/g, '');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((name) => allowed.includes(name.trim())));
}

/** Where a package finds a dependency: in its own node_modules, else in those of the folders above it. */
function placeOf(from, name) {
  for (let folder = from; ; folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '') {
    const place = join(folder, 'node_modules', name);
    if (lock[place]) return lock[place].link ? lock[place].resolved : place;
    if (folder === '') return undefined;
  }
}

/** The folders of everything that a package installs. */
function installed(workspace) {
  const found = new Set();
  const visit = (folder) => {
    const { dependencies = {}, optionalDependencies = {} } = lock[folder];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = placeOf(folder, name);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      visit(place);
    }
  };
  visit(workspace);
  return [...found].sort();
}

function checkPackages(workspace) {
  const byLicence = new Map();
  for (const folder of installed(workspace)) {
    const { license = lock[folder].private ? undefined : read(folder, 'package.json').license, version } = lock[folder];
    const name = `${folder.replace(/^.*node_modules\//, '')} ${version ?? ''}`.trim();
    const licence = typeof license === 'string' ? license : 'none';
    // What stands in for a package in this checkout is not what users install.
    if (!isAllowed(licence))
      problems.push(`${workspace}: ${name} has the licence ${licence}, which is not among ${allowed.join(', ')}`);
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), name]);
  }
  for (const [licence, names] of [...byLicence].sort())
    console.log(`  ${licence} (${names.length}): ${names.join(', ')}`);
}

const isData = /\.(jsonl?|tsv|txt|csv|gz|safetensors|onnx|bin|model)$/;

function checkFiles(workspace, manifest) {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(root, workspace),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const readme = join(root, workspace, 'data/README.md');
  const rows = existsSync(readme) ? readFileSync(readme, 'utf8').split('\n') : [];
  for (const { path } of JSON.parse(output)[0].files) {
    if (!isData.test(path) || path === 'package.json' || /^(dist|recipes)\//.test(path)) continue;
    const row = rows.find((line) => line.startsWith('|') && line.includes(`${path.replace(/^data\//, '')}\``));
    const licence = path.startsWith('data/') ? row?.split('|').at(-2)?.trim() : manifest.license;
    if (!licence)
      problems.push(`${workspace}/${path}: data/README.md has no row for ${basename(path)} that says its licence`);
    console.log(`  ${path}: ${licence ?? 'none'}`);
  }
}

for (const workspace of read('package.json').workspaces) {
  const manifest = read(workspace, 'package.json');
  if (manifest.private) continue;
  console.log(`${manifest.name} (${manifest.license}) installs`);
  checkPackages(workspace);
  console.log(`${manifest.name} ships`);
  checkFiles(workspace, manifest);
}
for (const problem of problems) console.error(`error: ${problem}`);
console.log(problems.length === 0 ? 'licences: all allowed' : `licences: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
