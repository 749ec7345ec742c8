/** What a command reads and writes: results on standard output, messages and progress on standard error. */
import pc from 'picocolors';
import { fileError } from '../node/file-error.ts';
import { visible, visibleResult } from '../text/visible.ts';
import type { CommandIo } from './command-io.ts';
import { Stopped, SUCCESS, UsageError } from './exit.ts';
import { type Progress, startProgress } from './progress.ts';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Terminal {
  /** Writes a result to standard output; resolves when the reader can take more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Writes a result line. */
  print(line: string): Promise<void>;
  /** Writes a message of one line to standard error. */
  note(message: string): void;
  /** Writes what may not be as the user wants it, on standard error. */
  warn(message: string): void;
  /** Writes what went wrong, on standard error. */
  error(message: string): void;
  /** Shows the progress of something long; nothing in a pipe or on a dumb terminal. */
  progress(label: string, unit: string, total?: number): Promise<Progress>;
  /** Whether progress is shown, so that it pays to count ahead for it. */
  readonly showsProgress: boolean;
  /** Styles for standard output. */
  readonly style: Colors;
  /** The bytes of standard input, once. @throws UsageError the second time; FileError, or the signal's reason */
  readInput(): AsyncIterable<Uint8Array>;
  readonly env: CommandIo['env'];
  /** See `CommandIo.worker`. */
  readonly worker: boolean;
  /** Aborts on Ctrl-C, a closed pipe and a standard output that takes no more; its reason says which. */
  readonly signal: AbortSignal;
}

export function createTerminal({ stdin, stdout, stderr, env, signal: stopped, worker }: CommandIo): Terminal {
  const controller = new AbortController();
  const stop = (reason: unknown): void => controller.abort(reason);
  if (stopped.aborted) stop(stopped.reason);
  else stopped.addEventListener('abort', () => stop(stopped.reason), { once: true });
  const { signal } = controller;
  // A dumb terminal shows escapes as they are: it gets neither colours nor progress.
  const dumb = env['TERM'] === 'dumb';
  const plain = dumb || (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '');
  const showsProgress = stderr.isTTY === true && !dumb;
  const style = pc.createColors(stdout.isTTY === true && !plain);
  const errorStyle = pc.createColors(stderr.isTTY === true && !plain);
  let shown: Progress | undefined;
  let inputRead = false;

  stdout.on('error', (error: Error) => stop(outputError(error)));
  // A reader of messages that has gone is no reason to give up the result.
  stderr.on('error', () => {});

  const write = (chunk: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      else {
        const content = stdout.isTTY && typeof chunk === 'string' ? visibleResult(chunk) : chunk;
        stdout.write(content, (error) => (error ? reject(outputError(error)) : resolve()));
      }
    });
  const say = (message: string): void => {
    const clear = shown ? '\r\x1b[K' : '';
    stderr.write(`${clear}${message}\n`);
  };
  return {
    write,
    print: (line) => write(`${line}\n`),
    note: (message) => say(errorStyle.dim(oneLine(message))),
    warn: (message) => say(`${errorStyle.yellow('warning:')} ${oneLine(message)}`),
    error: (message) => say(`${errorStyle.red('error:')} ${oneLine(message)}`),
    async progress(label, unit, total) {
      if (!showsProgress) return { update: () => {}, stop: () => {} };
      const progress = await startProgress(stderr, visible(label), unit, total);
      shown = progress;
      return {
        update: (done, newTotal, newLabel) =>
          progress.update(done, newTotal, newLabel === undefined ? undefined : visible(newLabel)),
        stop() {
          progress.stop();
          if (shown === progress) shown = undefined;
        },
      };
    },
    showsProgress,
    style,
    async *readInput() {
      if (inputRead)
        throw new UsageError(
          '- stands for two inputs, and standard input can be read once: give one of them as a file',
        );
      inputRead = true;
      const { readStream } = await import('../node/byte-stream.ts');
      yield* readStream(stdin, 'standard input', signal);
    },
    env,
    worker,
    signal,
  };
}

/** The lines of a message, a list of differences say, after one another. */
function oneLine(message: string): string {
  return visible(message.trimEnd().replace(/([:;,.])?\s*[\r\n]\s*/g, (_, mark: string = ';') => `${mark} `));
}

/** A closed pipe (`| head -1`) is not a failure: the reader has what it wanted. */
function outputError(error: Error & { readonly code?: string }): Error {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return new Stopped(SUCCESS, 'closed pipe');
  const described = fileError('standard output', 'write', error);
  return described instanceof Error ? described : error;
}
