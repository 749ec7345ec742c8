import { RelbertError } from '../text/relbert-error.ts';

/** A file that cannot be read or written, in plain words; `cause` is the system's error. */
export class FileError extends RelbertError {
  override readonly name = 'FileError';
  /** The path as the user gave it. */
  readonly path: string;
  /** Counted from 1, where a line is at fault. */
  readonly line: number | undefined;
  /** The system's code (`ENOSPC`, `EACCES` ...), where there is one. */
  readonly code: string | undefined;

  constructor(path: string, problem: string, options: { readonly line?: number; readonly cause?: unknown } = {}) {
    const place = options.line === undefined ? path : `${path}:${options.line}`;
    super(`${place}: ${problem}`, options);
    this.path = path;
    this.line = options.line;
    this.code = systemCode(options.cause);
  }
}

/** The code of a system error (`ENOENT` ...), or undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** What the codes mean to a person, and what to do. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file where a folder is needed',
  EISDIR: 'this is a folder, not a file',
  EEXIST: 'something of this name exists already',
  EACCES: 'permission denied; check who owns the file and its folder',
  EPERM: 'the system does not permit it; check who owns the file and its folder',
  EROFS: 'the file system is read-only; choose another place',
  ENOSPC: 'the disk is full; free some space or choose another place',
  EDQUOT: 'the disk quota is used up; free some space or choose another place',
  EFBIG: 'the file would be larger than the file system takes',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the symbolic links go in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the device reports an input or output error',
  EBUSY: 'another program is using it',
  EPIPE: 'the reader of the pipe has gone',
};

/** A system error while doing `action` ("read", "write") as a {@link FileError}; anything else as it is. */
export function fileError(path: string, action: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof FileError) return error;
  return new FileError(path, `cannot ${action}: ${meanings[code] ?? code}`, { cause: error });
}
