/**
 * The bytes of a stream, decompressed where they are gzip (told by their first two bytes), else as they are.
 * @throws Error naming the file where gzip data is damaged or cut off
 */
export async function* gunzipped(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  const source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const first = await atLeastTwoBytes(source);
  const all = prepended(first, source);
  if (first[0] === 0x1f && first[1] === 0x8b) yield* decompressed(all, file);
  else yield* all;
}

type ByteSource = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

async function atLeastTwoBytes(source: ByteSource): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  while (bytes.length < 2) {
    const { done, value } = await source.next();
    if (done) break;
    bytes = bytes.length === 0 ? value : Uint8Array.from([...bytes, ...value]);
  }
  return bytes;
}

async function* prepended(first: Uint8Array, rest: ByteSource): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
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
    throw new Error(`${file}: the gzip data is damaged or cut off`, { cause: error });
  } finally {
    ended = true;
    await reader.cancel().catch(() => {});
    await feeding;
    await chunks.return(undefined);
  }
}
