/** @file What the campaign damages: a reader of files, and parts that several readers have. */
import type { Files } from './files.ts';

/** Reads files, of which one is damaged. */
export interface Reader {
  readonly name: string;
  readonly files: Files;
  /** The file that is damaged; `part` is what of it, where not its bytes as they are. */
  readonly damaged: string;
  readonly part?: { readonly bytes: Uint8Array; readonly seal: (damaged: Uint8Array) => Uint8Array };
  readonly read: (files: Files) => unknown;
  /**
   * Exception: why a result that differs from that of the sound file is right. Without it, a reader finds every
   * damage that matters.
   */
  readonly otherResult?: string;
}

export const NO_CHECKSUM = 'the format has no checksum, and a changed word, number or vector is as good as another';
export const REPLACEABLE = 'a field that was changed or left out has another meaning, or a default';

export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** The JSON header of a safetensors file, with its length in front. */
export function safetensorsHeader(bytes: Uint8Array): NonNullable<Reader['part']> {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    bytes: bytes.slice(8, end),
    seal(header) {
      const sealed = new Uint8Array(8 + header.length + bytes.length - end);
      new DataView(sealed.buffer).setBigUint64(0, BigInt(header.length), true);
      sealed.set(header, 8);
      sealed.set(bytes.subarray(end), 8 + header.length);
      return sealed;
    },
  };
}

/** A reader of one file. */
export function single(
  file: string,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  more: Partial<Reader> = {},
): Reader {
  return {
    name: file,
    files: { [file]: bytes },
    damaged: file,
    read: (files) => read(files[file] as Uint8Array),
    otherResult: NO_CHECKSUM,
    ...more,
  };
}
