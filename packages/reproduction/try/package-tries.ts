/** @file The packages themselves: their types, and their installation as a user types it. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeBlocks } from '../../relbert/test/docs/code-block.ts';
import { Folder, Project, published, root, tarballs } from './project.ts';
import { firstExample } from './recipe.ts';
import { startRegistry } from './registry.ts';

export const packageTries: Readonly<Record<string, () => Promise<void>>> = {
  /** The first examples of the documents, in both resolutions that TypeScript has for packages of today. */
  async typescript() {
    using project = new Project('typescript@6.0.3', '@types/node@20.19.43');
    project.write('readme.ts', firstExample('README.md'));
    project.write('browser.ts', firstExample('docs/browser.md'));
    project.write(
      'entries.ts',
      ['train', 'evaluate', 'run', 'graph', 'cli'].map((entry) => `import 'relbert/${entry}';\n`).join(''),
    );
    project.write('required.cts', "import { RelationEncoder } from 'relbert';\nvoid RelationEncoder.load();\n");
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,esnext.disposable,dom'];
    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const files = ['readme.ts', 'browser.ts', 'entries.ts', ...(resolution === 'nodenext' ? ['required.cts'] : [])];
      project.run(
        'npx',
        'tsc',
        ...options,
        '--types',
        'node',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        ...files,
      );
    }
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
    for (const tarball of tarballs(...published)) {
      console.log(tool.run('npx', 'attw', tarball, '--profile', 'esm-only', '--format', 'table-flipped'));
      console.log(execFileSync('npx', ['publint', '--strict', tarball], { cwd: root, encoding: 'utf8' }));
    }
  },
  /** What the README says, from a registry: the line that installs, the first program, the first command, the server. */
  async install() {
    using folder = new Folder();
    using project = new Folder();
    using registry = await startRegistry(folder, tarballs(...published));
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
