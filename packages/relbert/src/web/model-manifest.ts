import { CheckpointError } from '../formats/checkpoint-error.ts';
import { parseJsonObject } from '../formats/json-file.ts';
import { sha256 as sha256Of } from '../formats/sha256.ts';
import { isJsonObject } from '../text/json.ts';

/** A file of a model, as its manifest lists it. */
export interface ListedFile {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Default: its name, in the folder of the manifest. */
  readonly url?: string;
}

/** The files of a model by name: what `files.json` in its folder says, or the package of a model exports. */
export type ModelManifest = Readonly<Record<string, ListedFile>>;

export const manifestName = 'files.json';

/** @throws CheckpointError */
export function parseManifest(origin: string, bytes: Uint8Array): ModelManifest {
  const { files } = parseJsonObject(origin, bytes);
  const fail = (problem: string) => new CheckpointError(origin, `${problem}; write it again or delete it`);
  if (!isJsonObject(files)) throw fail('there is no "files" in it');
  for (const [name, entry] of Object.entries(files)) {
    if (!/^\w[\w.-]*$/.test(name)) throw fail(`${JSON.stringify(name)} is not a plain file name`);
    const { size, sha256 } = isJsonObject(entry) ? entry : {};
    if (!Number.isSafeInteger(size) || typeof sha256 !== 'string' || !/^[\da-f]{64}$/.test(sha256)) {
      throw fail(`"${name}" needs "size" and "sha256"`);
    }
  }
  return files as unknown as ModelManifest;
}

/** In what bytes differ from a file as it is listed; undefined: in nothing. */
export async function listedDifference({ size, sha256 }: ListedFile, bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.byteLength !== size) return `${bytes.byteLength} bytes where its manifest says ${size}`;
  if (globalThis.crypto?.subtle === undefined) return undefined; // only in secure contexts
  const found = await sha256Of(bytes);
  return found === sha256 ? undefined : `its SHA-256 is ${found}, its manifest says ${sha256}`;
}
