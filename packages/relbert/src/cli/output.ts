/** Where a command writes what may be long: standard output, or a file that appears when it is whole. */
import { AtomicFile } from '../node/files.ts';
import type { Terminal } from './terminal.ts';

export interface Output {
  /** Appends. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Writes over what stands at a byte position; only a file can. */
  overwrite(position: number, bytes: Uint8Array): Promise<void>;
  /** Puts the file in place. */
  commit(): Promise<void>;
  /** Gives the file up, unless it is in place. */
  discard(): Promise<void>;
}

/**
 * Names of standard output. The system's own are among them because it opens the file behind them, where there is one: that
 * file would be replaced, and what others wrote into it before would be lost.
 */
const standardOutput: readonly string[] = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

/** The path of the file that is to be written; undefined: standard output. */
export function outputFile(path: string | undefined): string | undefined {
  return path !== undefined && standardOutput.includes(path) ? undefined : path;
}

/** Opens a file to be written atomically; without a path, or with a name of standard output, standard output. */
export async function openOutput(path: string | undefined, terminal: Terminal): Promise<Output> {
  const file = outputFile(path);
  if (file !== undefined) return AtomicFile.create(file, { signal: terminal.signal });
  return {
    write: (chunk) => terminal.write(chunk),
    overwrite: async () => {
      throw new Error('standard output cannot be written over: use --output FILE');
    },
    commit: async () => {},
    discard: async () => {},
  };
}
