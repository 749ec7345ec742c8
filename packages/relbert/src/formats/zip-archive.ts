/**
 * @file The directory of a zip archive in memory. Entries that are stored as they are (all that PyTorch writes)
 * are views, not copies. Every offset is checked: a damaged directory ends in an error, never in a long loop.
 */

import { inflateSync } from 'fflate';

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;

/** A damaged archive; its reader adds the file's name. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

export interface ZipEntry {
  /** Bytes of the content, as the directory announces them. */
  readonly size: number;
  /** The content: `size` bytes. @throws ZipError where it has another length */
  read(): Uint8Array;
}

/** The entries of an archive by name. @throws ZipError where the archive is damaged */
export function readZipArchive(bytes: Uint8Array): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const directoryEnd = view.getUint32(end + 16, true) + view.getUint32(end + 12, true);
  if (directoryEnd > end) throw new ZipError('its directory reaches past its end, or it is larger than 4 GiB');
  const entries = new Map<string, ZipEntry>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > directoryEnd || view.getUint32(at, true) !== entrySignature)
      throw new ZipError('its directory is damaged');
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    if (nameEnd > directoryEnd) throw new ZipError('its directory is damaged');
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    entries.set(name, {
      size,
      read() {
        if (flags & 1) throw new ZipError(`${name} is encrypted`);
        return content(bytes, view, local, method, packed, size);
      },
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** The end record stands at the end, before a comment of at most 64 KiB. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= first; at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  throw new ZipError('its end is missing');
}

function content(
  bytes: Uint8Array,
  view: DataView,
  local: number,
  method: number,
  packed: number,
  size: number,
): Uint8Array {
  if (local + 30 > bytes.byteLength || view.getUint32(local, true) !== localSignature)
    throw new ZipError('an entry is damaged');
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > bytes.byteLength) throw new ZipError('an entry is cut off');
  const data = bytes.subarray(start, start + packed);
  if (method === 0 && packed === size) return data;
  // deflate makes at most 1032 bytes of one: more is a lie that would only fill the memory
  if (method !== 8 || size > packed * 1032) throw new ZipError('an entry is packed in an unknown way');
  let content: Uint8Array;
  try {
    content = inflateSync(data, { out: new Uint8Array(size + 1) }); // one more: a longer stream shows
  } catch {
    throw new ZipError('an entry is damaged');
  }
  if (content.length !== size) throw new ZipError('an entry does not have the size that its directory says');
  return content;
}
