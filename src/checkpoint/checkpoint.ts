import type { TensorValue } from '../runtime/session.ts';

/** A file store that a checkpoint is read from: a folder, the hub's cache, a web server. */
export interface CheckpointFiles {
  /** For messages and `relbert info`: the folder, or `id@revision`. */
  readonly origin: string;
  /** Names of the files there, relative, with `/`. */
  list(): Promise<readonly string[]>;
  /** The bytes of a file, or undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
}

/** The weights of a checkpoint by name, as stored, read when asked for. */
export interface Weights {
  readonly names: readonly string[];
  /** Shape as stored, without reading the data. */
  shape(name: string): readonly number[] | undefined;
  /** Data as float32 whatever the stored type; throws CheckpointError where the name is unknown. */
  get(name: string): Promise<TensorValue & { readonly data: Float32Array }>;
}
