/** Runs the built command as a process, for tests of kills, pipes, limits and start-up; others use `command.ts`. */
import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The path of the command's script; the tests begin with a build, see vitest.config.ts. */
export function builtCommand(): string {
  return join(root, 'bin/relbert.js');
}

export interface ProcessResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions extends SpawnOptionsWithoutStdio {
  /** Text or bytes for standard input; default: none. */
  readonly input?: string | Uint8Array;
  /** Called when the process runs, to send signals or close pipes. */
  readonly during?: (child: ChildProcessWithoutNullStreams) => void;
}

/** Runs `relbert ARGS` as a user does and gives what came out of it. */
export async function spawnRelbert(args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  const { input, during, ...spawnOptions } = options;
  return finished(spawn(process.execPath, [builtCommand(), ...args], spawnOptions), input, during);
}

/** Runs a line of shell with the command as `$RELBERT`. */
export async function shell(line: string, options: ProcessOptions = {}): Promise<ProcessResult> {
  const { input, during, ...spawnOptions } = options;
  const env = { ...process.env, ...spawnOptions.env, RELBERT: `${process.execPath} ${builtCommand()}` };
  return finished(spawn('bash', ['-c', line], { ...spawnOptions, env }), input, during);
}

function finished(
  child: ChildProcessWithoutNullStreams,
  input: string | Uint8Array | undefined,
  during: ProcessOptions['during'],
): Promise<ProcessResult> {
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
