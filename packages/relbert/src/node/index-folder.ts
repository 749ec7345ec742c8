/** The files of an index in a folder of the disk. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IndexError } from '../index/error.ts';
import type { IndexFile, NewIndexFile, WritableIndexFolder } from '../index/index-folder.ts';
import { DisposedError } from '../text/disposed-error.ts';
import { fileError, systemCode } from './file-error.ts';
import { lockFolder } from './file-lock.ts';
import { makeFolder, removeEmptyFolder, writeFileAtomic } from './files.ts';
import { kindOfPath, listFolder } from './read-file.ts';
import { clearLeftovers } from './temporary-file.ts';

/** Bytes that are gathered before they are written. */
const buffered = 4 * 1024 * 1024;

/** A folder of the disk as a place for an index. It is made when something is written. */
export function indexFolder(folder: string): WritableIndexFolder {
  const path = (name: string): string => join(folder, name);
  return {
    origin: folder,
    async open(name) {
      return openFile(path(name));
    },
    async list() {
      await makeFolder(folder);
      return listFolder(folder);
    },
    async create(name) {
      try {
        return new NewFile(path(name), await open(path(name), 'w+'));
      } catch (error) {
        throw fileError(path(name), 'write', error);
      }
    },
    async replace(name, bytes) {
      await writeFileAtomic(path(name), bytes);
    },
    async remove(name) {
      await rm(path(name), { force: true });
    },
    async lock() {
      const isNew = (await kindOfPath(folder)) === undefined;
      const held = await lockFolder(folder);
      const lock = {
        async release() {
          await held.release();
          if (isNew) await removeEmptyFolder(folder);
        },
      };
      try {
        await clearLeftovers(folder, { locked: true });
        return lock;
      } catch (error) {
        await lock.release();
        throw error;
      }
    },
  };
}

function openFile(path: string): IndexFile | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(path, 'read', error);
  }
  // The number of a closed file may be another file's by now.
  let closed = false;
  return {
    size: fstatSync(descriptor).size,
    read: (start, end, target = new Uint8Array(end - start)) => {
      if (closed) throw new DisposedError(`${path}: the index was disposed`);
      readInto(descriptor, path, start, target);
      return target;
    },
    async close() {
      if (closed) return;
      closed = true;
      closeSync(descriptor);
    },
  };
}

function readInto(descriptor: number, path: string, start: number, target: Uint8Array): void {
  try {
    for (let done = 0; done < target.byteLength; ) {
      const read = readSync(descriptor, target, done, target.byteLength - done, start + done);
      if (read === 0)
        throw new IndexError(`${path}: the file ends at byte ${start + done}; restore it, or build the index again`);
      done += read;
    }
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}

/** A file that grows, with a buffer so that small pieces make few writes. */
class NewFile implements NewIndexFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #buffer = new Uint8Array(buffered);
  #filled = 0;
  #written = 0;
  #open = true;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  get size(): number {
    return this.#written + this.#filled;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.byteLength > buffered) await this.#flush();
    if (bytes.byteLength >= buffered) return this.#write(bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  read(start: number, end: number, target: Uint8Array = new Uint8Array(end - start)): Uint8Array | Promise<Uint8Array> {
    const readNow = (): Uint8Array => {
      readInto(this.#handle.fd, this.#path, start, target);
      return target;
    };
    return end > this.#written ? this.#flush().then(readNow) : readNow();
  }

  async finish(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#flush();
      await this.#handle.sync();
    } catch (error) {
      throw fileError(this.#path, 'write', error);
    } finally {
      await this.#handle.close();
    }
  }

  async #flush(): Promise<void> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) await this.#write(this.#buffer.subarray(0, filled));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, this.#written);
        done += bytesWritten;
        this.#written += bytesWritten;
      }
    } catch (error) {
      throw fileError(this.#path, 'write', error);
    }
  }
}
