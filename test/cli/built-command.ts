import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/relbert-command');

/** A tiny BERT with random weights and its tokenizer: a plain language model. */
export const tinyModel = join(root, 'test/fixtures/encoder/bert');

/**
 * Builds the command as it is published (without types) into a folder of its own, once for each state of the
 * sources, and gives the path of its script.
 */
export async function builtCommand(): Promise<string> {
  const folder = join(cache, stateOfSources());
  const script = join(folder, 'dist/cli/main.js');
  if (existsSync(script)) return script;
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  for (const name of ['package.json', 'data', 'models', 'recipes']) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(temporary, name));
  }
  const { default: config } = await import('../../tsdown.config.ts');
  const settings = Array.isArray(config) ? config[0] : config;
  const entry = ['src/cli/main.ts', 'src/runtime/node-worker-thread.ts'];
  await build({
    ...settings,
    entry,
    cwd: root,
    config: false,
    outDir: join(temporary, 'dist'),
    dts: false,
    logLevel: 'error',
    publint: false,
  });
  for (const old of readdirSync(cache)) {
    const age = Date.now() - statSync(join(cache, old)).mtimeMs;
    if (age > 30 * 60_000) rmSync(join(cache, old), { recursive: true, force: true });
  }
  try {
    renameSync(temporary, folder);
  } catch {
    // Another test file was faster.
    rmSync(temporary, { recursive: true, force: true });
  }
  return script;
}

function stateOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'tsdown.config.ts')));
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    const { mtimeMs, size } = statSync(join(root, 'src', name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions extends SpawnOptionsWithoutStdio {
  /** Text or bytes for standard input; default: none. */
  readonly input?: string | Uint8Array;
  /** Called when the process runs, to send signals or close pipes. */
  readonly during?: (child: ChildProcessWithoutNullStreams) => void;
}

/** Runs `relbert ARGS` as a user does and gives what came out of it. */
export async function relbert(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input, during, ...spawnOptions } = options;
  return finished(spawn(process.execPath, [await builtCommand(), ...args], spawnOptions), input, during);
}

/** Runs a line of shell with the command as `$RELBERT`. */
export async function shell(line: string, options: CommandOptions = {}): Promise<CommandResult> {
  const { input, during, ...spawnOptions } = options;
  const env = { ...process.env, ...spawnOptions.env, RELBERT: `${process.execPath} ${await builtCommand()}` };
  return finished(spawn('bash', ['-c', line], { ...spawnOptions, env }), input, during);
}

function finished(
  child: ChildProcessWithoutNullStreams,
  input: string | Uint8Array | undefined,
  during: CommandOptions['during'],
): Promise<CommandResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // The command may end before it has read everything.
  child.stdin.on('error', () => {});
  if (during === undefined || input !== undefined) child.stdin.end(input ?? '');
  during?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}
