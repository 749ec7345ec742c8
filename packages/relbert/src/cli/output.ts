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

/** Opens a file to be written atomically; without a path, or with `-`, standard output. */
export async function openOutput(path: string | undefined, terminal: Terminal): Promise<Output> {
  if (path !== undefined && path !== '-') return AtomicFile.create(path, { signal: terminal.signal });
  return {
    write: (chunk) => terminal.write(chunk),
    overwrite: async () => {
      throw new Error('standard output cannot be written over: use --output FILE');
    },
    commit: async () => {},
    discard: async () => {},
  };
}
