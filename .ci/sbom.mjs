/**
 * The software bill of materials of a package, CycloneDX as JSON, on standard output:
 *
 *   node .ci/sbom.mjs relbert
 *
 * What npm resolves for a user who installs it. `npm sbom --omit dev` in this checkout leaves out what a tool of the checkout
 * needs too, and names a stand-in for a dependency of onnxruntime-node.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockIn, registryDependencies, siblings, workspaces } from './packages.mjs';

const [name] = process.argv.slice(2);
const manifest = workspaces.get(name);
if (!manifest) {
  console.error(`no package of this checkout is named ${name}: expected one of ${[...workspaces.keys()].join(', ')}`);
  process.exit(2);
}
const temporary = mkdtempSync(join(tmpdir(), 'relbert-sbom-'));
// npm names the bill after the folder.
const folder = join(temporary, name);
mkdirSync(folder);
try {
  const { version, license, description } = manifest;
  const dependencies = registryDependencies(manifest);
  lockIn(folder, { name, version, license, description, dependencies });
  const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'];
  const text = execFileSync('npm', ['sbom', ...options], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const bill = JSON.parse(text);
  // Packages of this release need not be on the registry yet.
  for (const own of new Set(siblings(manifest))) {
    const purl = `pkg:npm/${own.name}@${own.version}`;
    const licenses = [{ license: { id: own.license } }];
    bill.components.push({ 'bom-ref': purl, type: 'library', name: own.name, version: own.version, purl, licenses });
  }
  console.log(JSON.stringify(bill, undefined, 2));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
