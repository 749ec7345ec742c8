/**
 * @file Writing files so that a half-written one is never seen: into a temporary file beside the target, flushed to
 * the disk, then renamed over it. What fails or is aborted leaves the target as it was and no temporary file, also
 * when the process exits in between. The temporary files of a killed process go when the next one writes the same file.
 */

import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { FileError, fileError, systemCode } from './file-error.ts';
import { clearLeftovers, temporaryPath } from './temporary-file.ts';

/** What can be written: all at once or in chunks; strings as UTF-8. */
export type FileContent = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface WriteOptions {
  /** Stops the writing; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

/** Temporary files that exist now; removed when the process exits before they are renamed. */
const pending = new Set<string>();
let exitHook = false;

function register(temporary: string): void {
  pending.add(temporary);
  if (exitHook) return;
  exitHook = true;
  process.once('exit', () => {
    for (const path of pending) rmSync(path, { force: true });
  });
}

/**
 * A file under construction. `commit` puts it in place, `discard` gives it up; one of them must be called, and
 * `await using` discards what was not committed.
 */
export class AtomicFile implements AsyncDisposable {
  /** The path as the user gave it. */
  readonly path: string;
  readonly #target: string;
  /** Where the content is until {@link rename}; undefined: written directly. */
  readonly temporary: string | undefined;
  readonly #signal: AbortSignal | undefined;
  #handle: FileHandle | undefined;
  #flushed = false;

  private constructor(
    path: string,
    target: string,
    temporary: string | undefined,
    handle: FileHandle,
    signal: AbortSignal | undefined,
  ) {
    this.path = path;
    this.#target = target;
    this.temporary = temporary;
    this.#handle = handle;
    this.#signal = signal;
  }

  /**
   * Starts a file. Its folder must exist. A symbolic link is followed; a device or a pipe (`/dev/null`) cannot be
   * replaced and is written to directly.
   * @throws FileError
   */
  static async create(path: string, options: WriteOptions = {}): Promise<AtomicFile> {
    options.signal?.throwIfAborted();
    // The system would refuse these names at the end only, when the file takes its name.
    if (path === '') throw new FileError('""', 'cannot write: the name of the file is empty; give a name');
    if (path.endsWith('/') || path.endsWith(sep)) {
      throw new FileError(path, 'cannot write: this names a folder, not a file; add the name of a file');
    }
    try {
      const existing = await statOrUndefined(path);
      if (existing?.isDirectory()) throw new FileError(path, 'cannot write: this is a folder, not a file');
      if (existing && !existing.isFile()) {
        return new AtomicFile(path, path, undefined, await open(path, 'w'), options.signal);
      }
      const target = existing ? await realpath(path) : await placeOf(path);
      await clearLeftovers(dirname(target), { of: basename(target) });
      const temporary = temporaryPath(target);
      register(temporary);
      try {
        const handle = await open(temporary, 'wx', existing ? existing.mode & 0o777 : 0o666);
        return new AtomicFile(path, target, temporary, handle, options.signal);
      } catch (error) {
        pending.delete(temporary);
        throw error;
      }
    } catch (error) {
      throw fileError(path, 'write', error);
    }
  }

  /** Appends; on failure the file is discarded. */
  async write(chunk: string | Uint8Array): Promise<void> {
    try {
      this.#signal?.throwIfAborted();
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
      const handle = this.#open();
      // the system takes at most 2 GiB at a time, and less where it likes
      for (let start = 0; start < bytes.byteLength; ) {
        const end = Math.min(bytes.byteLength, start + 0x4000_0000);
        const { bytesWritten } = await handle.write(bytes, start, end - start);
        start += bytesWritten;
      }
    } catch (error) {
      await this.discard();
      throw fileError(this.path, 'write', error);
    }
  }

  /** Writes over what stands at a byte position already, as a header that is known at the end. */
  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    try {
      await this.#open().write(bytes, 0, bytes.byteLength, position);
    } catch (error) {
      await this.discard();
      throw fileError(this.path, 'write', error);
    }
  }

  /** From here on a failure or the end of the process leaves the temporary file: a journal lists it. */
  keepTemporary(): void {
    if (this.temporary !== undefined) pending.delete(this.temporary);
  }

  /** Flushes to the disk and puts the file in place. */
  async commit(): Promise<void> {
    await this.flush();
    await this.rename();
  }

  /** The first half of {@link commit}: everything that can fail for lack of space. */
  async flush(): Promise<void> {
    if (this.#flushed) return;
    const handle = this.#open();
    try {
      this.#signal?.throwIfAborted();
      if (this.temporary !== undefined) await handle.sync();
      this.#handle = undefined;
      await handle.close();
      this.#flushed = true;
    } catch (error) {
      await this.discard();
      throw fileError(this.path, 'write', error);
    }
  }

  /** The second half of {@link commit}. */
  async rename(): Promise<void> {
    if (this.temporary === undefined) return;
    try {
      await rename(this.temporary, this.#target);
      pending.delete(this.temporary);
      await syncFolder(dirname(this.#target));
    } catch (error) {
      await this.discard();
      throw fileError(this.path, 'write', error);
    }
  }

  /** Removes what was written, unless it is in place. */
  async discard(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
    if (this.temporary === undefined || !pending.has(this.temporary)) return;
    await rm(this.temporary, { force: true }).catch(() => {});
    pending.delete(this.temporary);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discard();
  }

  #open(): FileHandle {
    if (!this.#handle) throw new FileError(this.path, 'cannot write: the file was closed already');
    return this.#handle;
  }
}

/**
 * Writes a whole file atomically. The folder must exist.
 * @throws FileError (full disk, read-only folder ...), or the signal's reason
 */
export async function writeFileAtomic(path: string, content: FileContent, options: WriteOptions = {}): Promise<void> {
  const file = await AtomicFile.create(path, options);
  try {
    const chunks = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for await (const chunk of chunks) await file.write(chunk);
    await file.commit();
  } finally {
    await file.discard();
  }
}

/** Makes a folder and those above it, where missing; true where it was. @throws FileError */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    return await makeFolders(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new FileError(path, 'cannot make this folder: a file stands in its place', { cause: error });
    }
    throw fileError(path, 'make this folder', error);
  }
}

/** Node's own recursive mkdir never ends where a file system takes no folders (/proc). */
async function makeFolders(path: string): Promise<boolean> {
  try {
    return await makeOneFolder(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    return makeOneFolder(path);
  }
}

async function makeOneFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}

/** The path with the real path of its folder: what is in one folder has one beginning, however it was named. */
export async function placeOf(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}

/** Removes a folder that holds nothing; leaves any other as it is. */
export async function removeEmptyFolder(path: string): Promise<void> {
  await rmdir(path).catch(() => {});
}

/** Removes a file or a folder with all that is in it; nothing where there is none. @throws FileError */
export async function removePath(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw fileError(path, 'remove', error);
  }
}

/** A log that grows by whole lines: JSON objects, one a line, each handed to the system, not flushed, when `append` returns. */
export class JsonLinesLog implements AsyncDisposable {
  readonly path: string;
  #handle: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Opens a log for appending. A last line that was cut off by a kill is ended, so that the next starts on its own. */
  static async open(path: string, options: { readonly overwrite?: boolean } = {}): Promise<JsonLinesLog> {
    try {
      const handle = await open(path, options.overwrite ? 'w+' : 'a+');
      const { size } = await handle.stat();
      if (size > 0) {
        const last = Buffer.alloc(1);
        await handle.read(last, 0, 1, size - 1);
        if (last[0] !== 0x0a) await handle.write('\n');
      }
      return new JsonLinesLog(path, handle);
    } catch (error) {
      throw fileError(path, 'write', error);
    }
  }

  /** @throws FileError */
  async append(entry: object): Promise<void> {
    if (!this.#handle) throw new FileError(this.path, 'cannot write: the log was closed already');
    try {
      await this.#handle.write(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw fileError(this.path, 'write', error);
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function statOrUndefined(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes a rename last through a power cut, where the system can flush a folder (not on Windows). */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // the file is in place all the same
  }
}
