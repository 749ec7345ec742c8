/** @file A fresh project that installs the packed tarballs. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Packages of this checkout that are published. */
export const published: readonly string[] = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] }
).workspaces.flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  return manifest['private'] === true ? [] : [String(manifest['name'])];
});

let folder: string | undefined;

/** The tarballs of the published packages, packed once: by whoever set RELBERT_TARBALLS to their folder, else here. */
export function tarballs(...names: readonly string[]): string[] {
  folder ??= process.env['RELBERT_TARBALLS'] ?? pack();
  const wanted = names.map((name) => `${name}-0`);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.tgz') && wanted.some((name) => file.startsWith(name)))
    .map((file) => join(folder as string, file));
}

function pack(): string {
  const into = mkdtempSync(join(tmpdir(), 'relbert-packed-'));
  process.on('exit', () => rmSync(into, { recursive: true, force: true }));
  const which = published.flatMap((name) => ['-w', name]);
  const args = ['pack', '--silent', '--pack-destination', into, ...which];
  execFileSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return into;
}

/** An empty folder. */
export class Folder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'relbert-try-'));

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Runs a command and gives what it prints; its errors are shown. */
  run(command: string, ...args: readonly string[]): string {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
    return execFileSync(command, args, {
      cwd: this.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A project that installs relbert and its model as packed, and other packages. */
export class Project extends Folder {
  constructor(...packages: readonly string[]) {
    super();
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    const quiet = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
    this.run('npm', 'install', ...quiet, ...tarballs('relbert', 'relbert-minilm-l6'), ...packages);
  }

  /** The files of a folder of examples; its dependencies are those that the constructor installed. */
  example(name: string): void {
    const manifest = join(root, 'examples', name, 'package.json');
    cpSync(join(root, 'examples', name), this.folder, { recursive: true, filter: (file) => file !== manifest });
  }

  copy(from: string, to: string): void {
    cpSync(this.path(from), this.path(to), { recursive: true, dereference: true });
  }
}
