/**
 * Licences of what each published package installs and ships; fails where one is not allowed or a file has none.
 *
 *   npm run licences
 *
 * Packages: everything that npm resolves for a user who installs it, as the registry describes it. The lock file of this
 * checkout does not say that: it has a stand-in for a dependency of onnxruntime-node. Data and weights: each file that npm
 * packs; a file of data/ stands in data/README.md with its licence, weights are under the package's licence.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockIn, registryDependencies } from './packages.mjs';

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
const folders = read('package.json').workspaces;
const problems = [];

/** `A OR B` needs one that is allowed, `A AND B` both. */
function isAllowed(expression) {
  const plain = expression.replace(/[()]/g, '');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((name) => allowed.includes(name.trim())));
}

/** Licences by name and version: everything that a user's npm installs for a package. */
function installed(manifest) {
  const dependencies = registryDependencies(manifest);
  if (Object.keys(dependencies).length === 0) return new Map();
  const folder = mkdtempSync(join(tmpdir(), 'relbert-licences-'));
  try {
    lockIn(folder, { private: true, dependencies });
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    const { '': _, ...found } = packages;
    const nameOf = (place) => place.replace(/^.*node_modules\//, '');
    return new Map(
      Object.entries(found).map(([place, { version, license = 'none' }]) => [`${nameOf(place)} ${version}`, license]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkPackages(manifest) {
  const byLicence = new Map();
  for (const [name, licence] of installed(manifest)) {
    if (!isAllowed(licence))
      problems.push(`${manifest.name}: ${name} has the licence ${licence}, which is not among ${allowed.join(', ')}`);
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

for (const workspace of folders) {
  const manifest = read(workspace, 'package.json');
  if (manifest.private) continue;
  console.log(`${manifest.name} (${manifest.license}) installs`);
  checkPackages(manifest);
  console.log(`${manifest.name} ships`);
  checkFiles(workspace, manifest);
}
for (const problem of problems) console.error(`error: ${problem}`);
console.log(problems.length === 0 ? 'licences: all allowed' : `licences: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
