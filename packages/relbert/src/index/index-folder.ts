/**
 * @file Where the files of an index are: a folder, or a web server that answers range requests. An index that is only
 * read needs {@link IndexFolder}; one that is written needs {@link WritableIndexFolder}.
 */

/** A file that is open for reading. */
export interface IndexFile {
  readonly size: number;
  /**
   * Bytes [start, end), both within the file; into `target` where it is given, which has end − start bytes. At once where
   * the file is on a disk, so that a search of many small reads need not wait for a turn of the event loop at each.
   */
  read(start: number, end: number, target?: Uint8Array): Uint8Array | Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface IndexFolder {
  /** For messages: the folder or the address. */
  readonly origin: string;
  /** undefined where there is no file of this name. */
  open(name: string): Promise<IndexFile | undefined>;
}

/** A new file: it is appended to, and may be read before it is finished. */
export interface NewIndexFile {
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  read(start: number, end: number, target?: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Flushes it to the disk and closes it. */
  finish(): Promise<void>;
}

export interface WritableIndexFolder extends IndexFolder {
  /** Names of all files in the folder. */
  list(): Promise<readonly string[]>;
  create(name: string): Promise<NewIndexFile>;
  /** Writes a whole file so that readers see the old one or the new one. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * Keeps other writers out until it is released, and removes what killed writers left of {@link replace}.
   *
   * @throws Error where there is another writer
   */
  lock(): Promise<{ release(): Promise<void> }>;
}
