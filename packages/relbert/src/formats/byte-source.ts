/** A file store that a checkpoint is read from: a folder, the hub's cache, a web server. */
export interface CheckpointFiles {
  /** For messages and `relbert info`: the folder, or `id@revision`. */
  readonly origin: string;
  /** Names of the files there, relative, with `/`. */
  list(): Promise<readonly string[]>;
  /** The bytes of a file, or undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Reading parts of a file, where the store can: weights are then read one by one, without holding the file. */
  readonly ranges?: {
    /** Bytes of a file, or undefined where there is none. */
    size(name: string): Promise<number | undefined>;
    /** Bytes [start, end) of a file, as a new array. */
    read(name: string, start: number, end: number): Promise<Uint8Array>;
    /** Where a file lies on this machine, links resolved. */
    place?(name: string): Promise<{ readonly folder: string; readonly file: string }>;
  };
}

/** A file of known size whose bytes are read by range. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** Where the file lies on this machine, for a runtime that maps it; undefined where it is in no file here. */
  readonly place?: () => Promise<{ readonly folder: string; readonly file: string }>;
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
    if (size === undefined) return undefined;
    const place = ranges.place && (() => (ranges.place as NonNullable<typeof ranges.place>)(file));
    return { name, size, read: (start, end) => ranges.read(file, start, end), ...(place && { place }) };
  }
  const bytes = await files.read(file);
  return bytes === undefined ? undefined : bytesSource(name, bytes);
}
