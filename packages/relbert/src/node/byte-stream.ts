import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { fileError } from './file-error.ts';

/**
 * The bytes of a file, piece by piece as they are asked for; an abort ends a wait for more. The file is opened with the
 * first piece: nobody would hear the error of a stream that waits, or close it.
 * @throws FileError, or the signal's reason
 */
export async function* readChunks(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* readStream(createReadStream(path, { highWaterMark: 256 * 1024 }), path, signal);
}

/** As {@link readChunks}, of a stream that messages name `name`. The stream is destroyed at the end. */
export async function* readStream(stream: Readable, name: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (signal) addAbortSignal(signal, stream);
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(name, 'read', error);
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
