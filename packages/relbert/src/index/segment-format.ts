/**
 * @file A segment: some rows of an index in one file that never changes after it was written.
 *
 *     magic            16 bytes
 *     records          a record a row
 *     codes            of each list of the coarse quantiser in turn: one bit a dimension and 8 bytes a row (sign-codes.ts)
 *     metadata         blocks of 4 rows: JSON [[head, tail, columns?], ...]
 *     keys             blocks of keys with the rows that they lead to (words, columns)
 *     tables           what a reader holds in memory, below
 *     footer           JSON, see `footerSchema`
 *     trailer          16 bytes: where the footer begins (float64), its length (uint32), zeros
 *
 * Rows stand in the order of the lists: "row" means the place in that order. A record is the unit vector as binary16 [D],
 * padded to 8 bytes, and a checksum (uint64). Every other part has its checksum in the tables, the tables in the footer,
 * and the footer in the manifest. Numbers are little-endian.
 */
import * as z from 'zod';
import { IndexError } from './error.ts';
import { codeWidth } from './kernel/scorer.ts';

export const magic = new TextEncoder().encode('RELBERT-INDEX 2\n');
export const trailerBytes = 16;
/** Rows of a block of metadata. */
export const metadataBlock = 4;

const region = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);
const checksum = z.string().regex(/^[0-9a-f]{16}$/);

/** Where the parts of a segment are; `[start, end)` in bytes. */
export const footerSchema = z.strictObject({
  rows: z.number().int().positive(),
  dimension: z.number().int().positive(),
  lists: z.number().int().positive(),
  recordRegion: region,
  codeRegion: region,
  metadataRegion: region,
  tables: z.strictObject({
    region,
    checksum,
  }),
  /** The first key of each block of keys, its bytes, and its checksum. */
  keyBlocks: z.array(z.tuple([z.string(), z.number().int(), z.number().int(), checksum])),
});

export type SegmentFooter = z.infer<typeof footerSchema>;

/** Bytes of a record: the vector as binary16, padded, and its checksum. */
export function recordBytes(dimension: number): number {
  return Math.ceil((dimension * 2) / 8) * 8 + 8;
}

/** What a reader holds in memory: views of one buffer. */
export interface SegmentTables {
  /** uint64 [K], of the codes of each list. */
  readonly listChecksums: BigUint64Array;
  /** uint64, of each block of metadata. */
  readonly metadataChecksums: BigUint64Array;
  /** float64: where each block of metadata begins, and the end of the last. */
  readonly metadataStarts: Float64Array;
  /** uint32 [K + 1]: the first row of each list, and the number of rows. */
  readonly listStarts: Uint32Array;
  /** float32 [K]: the largest relative error of a code in each list, see sign-codes.ts. */
  readonly spreads: Float32Array;
  /** float32 [K], of the codes of the centroids. */
  readonly centroidScales: Float32Array;
  /** int8 [K, W]. */
  readonly centroidCodes: Int8Array;
}

/** The tables over a buffer of {@link tablesBytes}, eight-byte parts first so that each is aligned. */
export function tablesOver(
  buffer: ArrayBuffer,
  { rows, lists, dimension }: { readonly rows: number; readonly lists: number; readonly dimension: number },
): SegmentTables {
  const blocks = Math.ceil(rows / metadataBlock);
  let at = 0;
  const take = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  return {
    listChecksums: new BigUint64Array(buffer, take(8 * lists), lists),
    metadataChecksums: new BigUint64Array(buffer, take(8 * blocks), blocks),
    metadataStarts: new Float64Array(buffer, take(8 * (blocks + 1)), blocks + 1),
    listStarts: new Uint32Array(buffer, take(4 * (lists + 1)), lists + 1),
    spreads: new Float32Array(buffer, take(4 * lists), lists),
    centroidScales: new Float32Array(buffer, take(4 * lists), lists),
    centroidCodes: new Int8Array(buffer, take(lists * codeWidth(dimension)), lists * codeWidth(dimension)),
  };
}

export function tablesBytes(rows: number, lists: number, dimension: number): number {
  const blocks = Math.ceil(rows / metadataBlock);
  return 8 * (lists + 2 * blocks + 1) + 4 * (3 * lists + 1) + lists * codeWidth(dimension);
}

/** Sixteen hexadecimal digits. */
export function checksumText(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

export function damaged(file: string, what: string): IndexError {
  return new IndexError(
    `${file}: ${what} is damaged: its checksum does not fit; restore the file from a copy, or build the index again`,
  );
}
