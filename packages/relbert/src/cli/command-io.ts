/** What a command line uses of the process that runs it, so that a test can run one without a process of its own. */
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type TextStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface CommandIo {
  readonly stdin: Readable;
  /** For results. An error of the stream ends the command. */
  readonly stdout: TextStream;
  /** For messages and progress. */
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user or the system stops the command; the reason says why. */
  readonly signal: AbortSignal;
  /** Whether long encoding runs in a worker thread, so that signals and progress are seen meanwhile. */
  readonly worker: boolean;
}
