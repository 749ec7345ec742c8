/** A set of the rows of a segment, one bit a row. */
export class RowSet {
  readonly rows: number;
  readonly bits: Uint8Array;

  constructor(rows: number, bits: Uint8Array = new Uint8Array(Math.ceil(rows / 8))) {
    this.rows = rows;
    this.bits = bits;
  }

  static all(rows: number): RowSet {
    return new RowSet(rows).invert();
  }

  has(row: number): boolean {
    return ((this.bits[row >> 3] as number) & (1 << (row & 7))) !== 0;
  }

  add(row: number): void {
    this.bits[row >> 3] = (this.bits[row >> 3] as number) | (1 << (row & 7));
  }

  delete(row: number): void {
    this.bits[row >> 3] = (this.bits[row >> 3] as number) & ~(1 << (row & 7));
  }

  get size(): number {
    let size = 0;
    for (let byte of this.bits) for (; byte !== 0; byte &= byte - 1) size++;
    return size;
  }

  /** The rows in the set, rising. */
  *[Symbol.iterator](): Generator<number> {
    for (const [at, byte] of this.bits.entries()) {
      for (let rest = byte; rest !== 0; rest &= rest - 1) yield at * 8 + 31 - Math.clz32(rest & -rest);
    }
  }

  copy(): RowSet {
    return new RowSet(this.rows, this.bits.slice());
  }

  /** Keeps the rows that are in both. */
  intersect(other: RowSet): this {
    for (let i = 0; i < this.bits.length; i++) this.bits[i] = (this.bits[i] as number) & (other.bits[i] as number);
    return this;
  }

  /** Adds the rows of the other. */
  unite(other: RowSet): this {
    for (let i = 0; i < this.bits.length; i++) this.bits[i] = (this.bits[i] as number) | (other.bits[i] as number);
    return this;
  }

  /** The rows that were not in the set. */
  invert(): this {
    for (let i = 0; i < this.bits.length; i++) this.bits[i] = ~(this.bits[i] as number);
    const tail = this.rows % 8;
    if (tail !== 0) {
      const last = this.bits.length - 1;
      this.bits[last] = (this.bits[last] as number) & ((1 << tail) - 1);
    }
    return this;
  }
}
