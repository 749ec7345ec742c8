/** The streams, environment and signals of this process. */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { CommandIo, TextStream } from './command-io.ts';
import { INTERRUPTED, Stopped, TERMINATED } from './exit.ts';

/** @param grace Milliseconds after a signal until the process ends, done or not. */
export function processIo(grace: number): CommandIo {
  const controller = new AbortController();
  const onSignal = (code: number, text: string) => () => {
    // The second signal ends the process at once.
    if (controller.signal.aborted) process.exit(code);
    process.exitCode = code;
    controller.abort(new Stopped(code, text));
    setTimeout(() => process.exit(code), grace).unref();
  };
  process.on('SIGINT', onSignal(INTERRUPTED, 'interrupted'));
  process.on('SIGTERM', onSignal(TERMINATED, 'terminated'));
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
