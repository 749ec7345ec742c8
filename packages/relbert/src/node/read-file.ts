import { readdir, readFile, stat } from 'node:fs/promises';
import { decodeText } from '../text/lines.ts';
import { FileError, fileError, systemCode } from './file-error.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The text of a UTF-8 file without a byte order mark. @throws FileError; DataError naming the line that is not UTF-8 */
export async function readText(path: string, options: ReadOptions = {}): Promise<string> {
  return decodeText(path, await readBytes(path, options));
}

/** The bytes of a file. @throws FileError, or the signal's reason */
export async function readBytes(path: string, { signal }: ReadOptions = {}): Promise<Uint8Array> {
  try {
    return await readFile(path, signal ? { signal } : {});
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}

/** What a path is; undefined where there is nothing. @throws FileError where that cannot be told */
export async function kindOfPath(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(path, 'read', error);
  }
}

/** A text that paths of the same file have in common; undefined for anything that is not a file. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined; // who opens it says why it cannot be
  }
}

/** What a path is that has to be there. @throws FileError */
export async function existingKind(path: string): Promise<'file' | 'folder' | 'other'> {
  const kind = await kindOfPath(path);
  if (kind === undefined) throw new FileError(path, 'there is no such file or folder');
  return kind;
}

/** Names in a folder, sorted. @throws FileError */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}
