import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { fileError, systemCode } from './file-error.ts';

/**
 * The files of a local folder. A file that is replaced or changed after its size was asked for is an error wherever parts of
 * it are read: the parts would be of two models.
 * @param path The folder.
 * @param origin What messages call it. Default: the path.
 * @throws CheckpointError where there is no such folder
 */
export async function folderFiles(path: string, origin: string = path): Promise<CheckpointFiles> {
  try {
    if (!(await stat(path)).isDirectory()) {
      throw new CheckpointError(path, 'this is a file; name the folder that holds config.json and the weights');
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new CheckpointError(path, 'there is no such folder', { cause: error });
    throw fileError(path, 'read', error);
  }
  const seen = new Map<string, string>();
  // Without the number of the inode, which some mounted file systems make up anew.
  const requireSame = (file: string, { size, mtimeMs }: Stats): void => {
    const state = `${size} ${mtimeMs}`;
    const before = seen.get(file) ?? state;
    seen.set(file, before);
    if (state !== before)
      throw new CheckpointError(file, 'the file was replaced since it was opened; load the model again');
  };
  return {
    origin,
    async list() {
      try {
        const entries = await readdir(path, { withFileTypes: true });
        return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
      } catch (error) {
        throw fileError(path, 'read', error);
      }
    },
    read: (name) => unlessMissing(join(path, name), (file) => readFile(file)),
    ranges: {
      size: (name) =>
        unlessMissing(join(path, name), async (file) => {
          const stats = await stat(file);
          requireSame(file, stats);
          return stats.size;
        }),
      async place(name) {
        const file = join(path, name);
        const real = await realpath(file);
        requireSame(file, await stat(real));
        return { folder: dirname(real), file: basename(real) };
      },
      async read(name, start, end) {
        const file = join(path, name);
        try {
          return await readRange(file, start, end, (stats) => requireSame(file, stats));
        } catch (error) {
          throw fileError(file, 'read', error);
        }
      },
    },
  };
}

/** Ranges up to this many bytes are read in this thread: three trips through the thread pool would take longer. */
const smallRange = 4 * 1024 * 1024;

async function readRange(file: string, start: number, end: number, check: (stats: Stats) => void): Promise<Uint8Array> {
  // a buffer of its own: aligned for any element type, and freed when its tensor is
  const bytes = Buffer.allocUnsafeSlow(end - start);
  if (bytes.byteLength <= smallRange) {
    const descriptor = openSync(file, 'r');
    try {
      check(fstatSync(descriptor));
      for (let done = 0; done < bytes.byteLength; ) {
        const count = readSync(descriptor, bytes, done, bytes.byteLength - done, start + done);
        if (count === 0) throw shortened(file);
        done += count;
      }
    } finally {
      closeSync(descriptor);
    }
  } else {
    const handle = await open(file, 'r');
    try {
      check(await handle.stat());
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesRead } = await handle.read(
          bytes,
          done,
          Math.min(bytes.byteLength - done, 0x4000_0000),
          start + done,
        );
        if (bytesRead === 0) throw shortened(file);
        done += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function shortened(file: string): CheckpointError {
  return new CheckpointError(file, 'the file became shorter while it was read');
}

async function unlessMissing<T>(file: string, read: (file: string) => Promise<T>): Promise<T | undefined> {
  try {
    return await read(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(file, 'read', error);
  }
}
