import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { fileError } from './file-error.ts';

/**
 * The bytes of a file, or of standard input (`-`), piece by piece as they are asked for; an abort ends a wait for more.
 * @throws FileError, or the signal's reason
 */
export async function* readChunks(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  if (signal) addAbortSignal(signal, stream);
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(path === '-' ? 'standard input' : path, 'read', error);
  } finally {
    stream.destroy();
  }
}

/** The lines of a file, in one fast pass; an unfinished last one counts. */
export async function countLines(path: string, signal?: AbortSignal): Promise<number> {
  let count = 0;
  let last = 0x0a;
  for await (const chunk of readChunks(path, signal)) {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) count++;
    last = chunk.at(-1) ?? last;
  }
  return last === 0x0a ? count : count + 1;
}
