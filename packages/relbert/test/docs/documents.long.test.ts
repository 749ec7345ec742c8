import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeBlock, codeBlocks, sameOutput } from './code-block.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Records of experiments, whose commands take hours. */
const records = new Set(['embedded-model.md', 'reproduction.md']);
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && !records.has(name))
    .map((name) => `docs/${name}`),
];

/** Blocks of Python are run where it has torch and transformers. */
const torch = spawnSync('python3', ['-c', 'import torch, transformers']).status === 0;

/** A file's blocks run one after the other in a folder of their own, where `relbert` is installed. */
describe.each(documents)('%s', (document) => {
  const blocks = codeBlocks(readFileSync(join(root, document), 'utf8'));
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'relbert-docs-'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    symlinkSync(join(root, 'packages/relbert/bin/relbert.js'), join(folder, 'bin/relbert'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const runnable = blocks.filter(({ notRun, language }) => notRun === undefined && (language !== 'python' || torch));
  it.runIf(runnable.length === 0)('has no block to run', () => expect(runnable).toEqual([]));
  it.each(runnable)('line $line: $language', { timeout: 300_000 }, async (block) => {
    const stdout = await execute(block, folder);
    if (block.output === undefined || sameOutput(stdout, block.output)) return;
    // RELBERT_WRITE_OUTPUT=1 puts what is printed into the document: after another model, say.
    if (process.env['RELBERT_WRITE_OUTPUT'] !== '1') expect(stdout).toBe(block.output);
    const file = join(root, document);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(`\n${block.output}\`\`\``, () => `\n${stdout}\`\`\``),
    );
  });
});

async function execute({ language, code, setup, preamble, line }: CodeBlock, folder: string): Promise<string> {
  const options = {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  };
  const bash = (script: string) => run('bash', ['-euo', 'pipefail', '-c', script], options);
  if (setup) await bash(setup);
  if (language === 'sh') return (await bash(code)).stdout;
  const python = language === 'python';
  const file = join(folder, `block-${line}.${python ? 'py' : 'mts'}`);
  writeFileSync(file, preamble + code);
  const [command, ...args] = python
    ? ['python3', file]
    : [process.execPath, join(root, 'node_modules/tsx/dist/cli.mjs'), file];
  return (await run(command as string, args, options)).stdout;
}
