/**
 * @file The safetensors format, read: 8 bytes little-endian header length N, N bytes of JSON
 * `{name: {dtype, shape, data_offsets: [begin, end]}, "__metadata__"?: {string: string}}`, then the data that the
 * offsets point into. As strict as the reference library: every byte of the data belongs to exactly one tensor.
 * Writing is in safetensors-write.ts.
 */

import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import type { ByteSource } from './byte-source.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { checkNotPointer } from './lfs-pointer.ts';
import type { StoredType } from './stored-type.ts';
import { bytesPerElement, elementCount, isStoredType } from './stored-type.ts';
import type { StoredTensor } from './tensor-store.ts';

/** The limit of the reference library. */
const maxHeaderLength = 100_000_000;

/** What a safetensors header says of one tensor. */
export interface SafetensorsEntry {
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

/** Reads and checks the header; no data is read. @throws CheckpointError for a file that is not what it says */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const fail = (problem: string): CheckpointError => new CheckpointError(source.name, problem);
  if (source.size === 0) throw fail('the file is empty; fetch or copy it again');
  if (source.size < 8) throw fail(`not a safetensors file: ${source.size} bytes, fewer than its header length takes`);
  if (source.size < 1024) checkNotPointer(source.name, await source.read(0, source.size));
  const prefix = await source.read(0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(source.size - 8) || length > BigInt(maxHeaderLength)) {
    throw fail(
      `not a safetensors file, or cut off: its header claims ${length} bytes, the file has ${source.size - 8} after the header length`,
    );
  }
  const dataStart = 8 + Number(length);
  const headerBytes = await source.read(8, dataStart);
  if (headerBytes[0] !== 0x7b) throw fail('not a safetensors file: its header does not start with "{"');
  let header: unknown;
  try {
    header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(headerBytes), fail);
  } catch (error) {
    throw new CheckpointError(source.name, 'not a safetensors file: its header is not JSON', { cause: error });
  }
  if (!isJsonObject(header)) throw fail('not a safetensors file: its header is not a JSON object');

  const metadata = parseMetadata(header['__metadata__'], fail);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, parseEntry(name, value, dataStart, fail));
  }
  checkLayout(tensors, dataStart, source.size, fail);
  return { metadata, tensors };
}

/** The tensors of a safetensors file, each read when asked for. */
export async function openSafetensors(source: ByteSource): Promise<Map<string, StoredTensor>> {
  const { tensors } = await readSafetensorsHeader(source);
  const store = new Map<string, StoredTensor>();
  for (const [name, { type, shape, start, end }] of tensors) {
    const { place } = source;
    store.set(name, {
      ...{ type, shape, file: source.name, bytes: () => source.read(start, end) },
      ...(place && { range: async () => ({ ...(await place()), start, end }) }),
    });
  }
  return store;
}

type Fail = (problem: string) => CheckpointError;

function parseMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw fail('the "__metadata__" of its safetensors header is not an object of strings');
  }
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown, dataStart: number, fail: Fail): SafetensorsEntry {
  const wrong = (problem: string): CheckpointError => fail(`tensor "${name}": ${problem}`);
  if (!isJsonObject(value)) throw wrong('its header entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isStoredType(dtype)) {
    throw wrong(`unknown dtype ${excerpt(dtype)}; known are ${Object.keys(bytesPerElement).join(', ')}`);
  }
  if (!isNaturalArray(shape)) throw wrong(`its shape ${excerpt(shape)} is not a list of whole numbers`);
  if (!isNaturalArray(offsets) || offsets.length !== 2) {
    throw wrong(`its data_offsets ${excerpt(offsets)} are not two whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = elementCount(shape) * bytesPerElement[dtype];
  if (end - begin !== expected) {
    throw wrong(
      `${dtype} [${shape.join(', ')}] takes ${expected} bytes, its data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  }
  return { type: dtype, shape, start: dataStart + begin, end: dataStart + end };
}

/** The tensors must fill the data without overlap, gap or rest. */
function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  dataStart: number,
  size: number,
  fail: Fail,
): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const [name, { start, end }] of ordered) {
    if (end > size) {
      throw fail(
        `the file is cut off: tensor "${name}" ends at byte ${end}, the file has ${size}; fetch or copy it again`,
      );
    }
    if (start < position) throw fail(`tensor "${name}" overlaps the tensor before it; the header is damaged`);
    if (start > position) throw fail(`${start - position} bytes before tensor "${name}" belong to no tensor`);
    position = end;
  }
  if (position !== size) throw fail(`${size - position} bytes after the last tensor belong to no tensor`);
}

function isNaturalArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0);
}
