/** The streams, environment and signals of this process. */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { CommandIo, TextStream } from './command-io.ts';
import { INTERRUPTED, Stopped, TERMINATED } from './exit.ts';

const signals = [
  ['SIGINT', INTERRUPTED, 'interrupted'],
  ['SIGTERM', TERMINATED, 'terminated'],
] as const;

/** @param grace Milliseconds after a signal until the process ends, done or not. */
export function processIo(grace: number): CommandIo {
  const controller = new AbortController();
  for (const [signal, code, text] of signals) {
    process.on(signal, () => {
      // The second signal ends the process at once.
      if (controller.signal.aborted) void endProcess(code);
      process.exitCode = code;
      controller.abort(new Stopped(code, text));
      setTimeout(() => void endProcess(code), grace).unref();
    });
  }
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: isFile(process.stdout.fd) ? fileStream(process.stdout.fd) : process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: controller.signal,
    worker: true,
  };
}

/**
 * Ends the process. `process.exit` waits for the threads that read and write files, and one that waits for the other side
 * of a FIFO would keep the process for ever: then it dies of the signal, for which a shell gives the same exit code.
 */
export async function endProcess(code: number): Promise<void> {
  const signal = signals.find(([, each]) => each === code)?.[0];
  // What a disk is asked for comes soon.
  for (let wait = 0; wait < 10 && signal !== undefined && filesAreAwaited(); wait++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (signal !== undefined && process.platform !== 'win32' && filesAreAwaited()) {
    process.emit('exit', code); // removes temporary files
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  // Also where the signal did nothing: the first process of a container does not die of one.
  process.exit(code);
}

function filesAreAwaited(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false; // closed
  }
}

/**
 * Standard output redirected into a file. Node's stream for it (20 to 24) writes once and does not look how many bytes
 * the system took, so that a full disk would lose the rest without an error.
 */
function fileStream(descriptor: number): TextStream {
  return new Writable({
    decodeStrings: true,
    write(chunk: Uint8Array, _, done) {
      try {
        for (let start = 0; start < chunk.byteLength; ) start += writeSync(descriptor, chunk, start);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
