/** @file Bytes that grow, and variable-length integers. */

/** A buffer that grows by doubling. */
export class GrowingBytes {
  #bytes = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.byteLength);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.byteLength;
  }

  /** An unsigned integer below 2^53, 7 bits a byte, the lowest first (LEB128). */
  appendInteger(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#size++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#size++] = rest;
  }

  /** A view of [start, end). */
  view(start = 0, end = this.#size): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  clear(): void {
    this.#size = 0;
  }

  #room(more: number): void {
    if (this.#size + more <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#size + more));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}

/** Reads what {@link GrowingBytes} holds. */
export class BytesReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  integer(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
