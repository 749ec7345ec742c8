/** Formats that users give by mistake for files of vectors, by their first bytes. */
const SIGNATURES: readonly (readonly [bytes: readonly number[], name: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive (also .npz and what torch.save writes)'],
  [[0x80, 0x02], 'a Python pickle'],
  [[0x80, 0x03], 'a Python pickle'],
  [[0x80, 0x04, 0x95], 'a Python pickle'],
  [[0x80, 0x05, 0x95], 'a Python pickle'],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'a NumPy array'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow file'],
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file'],
  [[0xba, 0x16, 0x4f, 0x2f], 'a fastText model'],
  [[0x42, 0x5a, 0x68], 'a bzip2 file'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz file'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd file'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66], 'an SQLite database'],
  [[0x47, 0x47, 0x55, 0x46], 'a GGUF model'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0xff, 0xfe], 'UTF-16 text'],
  [[0xfe, 0xff], 'UTF-16 text'],
];

/** Bytes of a file that {@link foreignFormat} looks at. */
export const SIGNATURE_BYTES = 512;

/** The format of a file that is neither vectors nor text, by its first bytes; undefined for any other. */
export function foreignFormat(start: Uint8Array): string | undefined {
  const found = SIGNATURES.find(([bytes]) => bytes.every((byte, i) => start[i] === byte));
  if (found) return found[1];
  const text = new TextDecoder('latin1').decode(start);
  if (/^\s*<(!doctype|html)/i.test(text)) return 'a web page';
  if (text.startsWith('version https://git-lfs')) return 'a Git LFS pointer (run `git lfs pull` in its folder)';
  return text.slice(257, 262) === 'ustar' ? 'a tar archive' : undefined;
}
