import { DataError } from '../text/data-error.ts';
import { ByteReader } from './byte-reader.ts';

/**
 * The bytes of a stream, decompressed where its first two bytes say gzip, else as they are.
 * @throws DataError where gzip data is damaged or cut off
 */
export async function* gunzipped(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(chunks);
  const [first, second] = await reader.peek(2);
  yield* first === 0x1f && second === 0x8b ? decompressed(reader.rest(), file) : reader.rest();
}

async function* decompressed(chunks: AsyncGenerator<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let unread: { readonly error: unknown } | undefined;
  let ended = false;
  const feed = async (): Promise<void> => {
    while (!ended) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        unread = { error };
        return writer.abort(error);
      }
      if (next.done) return writer.close();
      await writer.write(next.value as Uint8Array<ArrayBuffer>);
    }
  };
  // What goes wrong in the decompressor shows where it is read.
  const feeding = feed().catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (error) {
    await feeding;
    if (unread) throw unread.error;
    throw new DataError(file, undefined, 'the gzip data is damaged or cut off', { cause: error });
  } finally {
    ended = true;
    await reader.cancel().catch(() => {});
    await feeding;
    await chunks.return(undefined);
  }
}
