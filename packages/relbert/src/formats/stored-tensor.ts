import type { FileRange } from '../runtime/session.ts';
import type { StoredType } from './stored-type.ts';

/** A named tensor inside a weights file. */
export interface StoredTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** The weights file, for messages. */
  readonly file: string;
  /** Row-major little-endian bytes, read now. They may be a view of a buffer that others see: do not write to them. */
  bytes(): Promise<Uint8Array>;
  /** Where these bytes lie, for a runtime that maps files; undefined where they are in no file here. */
  range?(): Promise<FileRange>;
}

/** The tensors of one or several weights files by name, in the order of the files. */
export type TensorStore = ReadonlyMap<string, StoredTensor>;
