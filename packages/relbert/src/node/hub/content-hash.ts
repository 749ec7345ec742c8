import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileError } from '../file-error.ts';

/**
 * The hash by which the hub names the content of a file, in hexadecimal digits.
 *
 * @param algorithm `sha256` of a large file, `sha1` of another, which is git's hash of a blob.
 * @param bytes Size of the file.
 * @throws FileError, or the signal's reason
 */
export async function contentHash(
  path: string,
  algorithm: 'sha256' | 'sha1',
  bytes: number,
  signal?: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash(algorithm);
  if (algorithm === 'sha1') hash.update(`blob ${bytes}\0`); // as git names a blob
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
      hash.update(chunk as Uint8Array);
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(path, 'read', error);
  }
  return hash.digest('hex');
}
