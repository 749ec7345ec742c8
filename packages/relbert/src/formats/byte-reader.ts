type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A stream of bytes that is read in amounts of the reader's choice, and may be looked into without reading on. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #unread: Uint8Array = new Uint8Array(0);

  constructor(chunks: Chunks) {
    this.#source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** The next bytes, which stay unread: a view, shorter only at the end. For small counts: pieces are joined. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#unread = joined(this.#unread, value);
    }
    return this.#unread.subarray(0, count);
  }

  /** The next bytes, a copy, shorter only at the end. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(count, 0));
    let filled = 0;
    while (filled < count) {
      if (this.#unread.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) return bytes.subarray(0, filled);
        this.#unread = value;
        continue;
      }
      const part = this.#unread.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#unread = this.#unread.subarray(part.length);
    }
    return bytes;
  }

  /** All that is unread, in pieces; closes the source when its reader stops. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      const unread = this.#unread;
      this.#unread = unread.subarray(unread.length);
      if (unread.length > 0) yield unread;
      for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) yield next.value;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** The bytes of all parts, one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
