import type { CheckpointFiles } from '../encoder/checkpoint.ts';

/** A file of known size whose bytes are read by range. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** Bytes [start, end); both lie within the file. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Bytes in memory; ranges are views. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return { name, size: bytes.byteLength, read: async (start, end) => bytes.subarray(start, end) };
}

/** A file of a checkpoint: by ranges where the store offers them, else read whole; undefined where there is none. */
export async function fileSource(files: CheckpointFiles, file: string): Promise<ByteSource | undefined> {
  const name = `${files.origin}/${file}`;
  if (files.ranges !== undefined) {
    const { ranges } = files;
    const size = await ranges.size(file);
    return size === undefined ? undefined : { name, size, read: (start, end) => ranges.read(file, start, end) };
  }
  const bytes = await files.read(file);
  return bytes === undefined ? undefined : bytesSource(name, bytes);
}
