/** @file Verdaccio, a registry of npm packages, with the tarballs of this checkout; it fetches all others from npm's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Folder } from './project.ts';

const port = 4873;

/** Starts the registry in an empty folder and publishes the tarballs to it. @returns Its address */
export async function startRegistry(
  folder: Folder,
  tarballs: readonly string[],
): Promise<{ url: string } & Disposable> {
  // A dependency of verdaccio asks for a tag of node-fetch that npm no longer has.
  folder.write('package.json', JSON.stringify({ private: true, overrides: { 'node-fetch': '2.7.0' } }));
  folder.run('npm', 'install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', 'verdaccio@6.1.2');
  const upstream = folder.run('npm', 'config', 'get', 'registry').trim();
  const configuration = {
    storage: './storage',
    max_body_size: '200mb',
    uplinks: { npm: { url: upstream } },
    packages: { 'relbert*': { access: '$all', publish: '$all' }, '**': { access: '$all', proxy: 'npm' } },
  };
  folder.write('config.yaml', JSON.stringify(configuration)); // JSON is YAML
  const listen = `127.0.0.1:${port}`;
  const args = ['node_modules/verdaccio/bin/verdaccio', '--config', 'config.yaml', '--listen', listen];
  const child = spawn(process.execPath, args, { cwd: folder.folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('verdaccio has ended')));
  const url = `http://${listen}/`;
  await Promise.race([ended, ready(child.stdout)]);
  ended.catch(() => {});
  for (const tarball of tarballs) {
    folder.run('npm', 'publish', '--silent', '--registry', url, `--//${listen}/:_authToken=none`, tarball);
  }
  return { url, [Symbol.dispose]: () => void child.kill() };
}

function ready(output: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    output.on('data', (text) => String(text).includes('http address') && resolve()); // reads on: a closed pipe would end it
  });
}
