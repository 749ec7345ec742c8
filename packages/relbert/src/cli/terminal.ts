/** The border to the person or program that called: results on standard output, talk on standard error. */
import pc from 'picocolors';
import { fileError } from '../node/file-error.ts';
import { Stopped, SUCCESS } from './exit.ts';
import { type Progress, startProgress } from './progress.ts';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Terminal {
  /** Writes a result to standard output as it is; resolves when the reader can take more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Writes a result line. */
  print(line: string): Promise<void>;
  /** Says something that is no result, on standard error. */
  note(message: string): void;
  /** Says that something may not be as wished, on standard error. */
  warn(message: string): void;
  /** Says what went wrong, on standard error. */
  error(message: string): void;
  /** Shows the progress of something long; nothing in a pipe. */
  progress(label: string, unit: string, total?: number): Promise<Progress>;
  /** True where progress is seen, so that counting ahead for it is worth while. */
  readonly showsProgress: boolean;
  /** Styles for standard output. */
  readonly style: Colors;
  /** Fires on Ctrl-C, a closed pipe and a standard output that takes no more; its reason says which. */
  readonly signal: AbortSignal;
}

/** The terminal of this process. `stop` aborts its signal. */
export function processTerminal(): { readonly terminal: Terminal; readonly stop: (reason: Error) => void } {
  const { stdout, stderr } = process;
  const controller = new AbortController();
  const stop = (reason: Error): void => controller.abort(reason);
  const plain = 'NO_COLOR' in process.env && process.env['NO_COLOR'] !== '';
  const style = pc.createColors(stdout.isTTY === true && !plain);
  const errorStyle = pc.createColors(stderr.isTTY === true && !plain);
  let shown: Progress | undefined;

  stdout.on('error', (error: Error) => stop(outputError(error)));
  // Nobody reads the talk any more: no reason to give up the result.
  stderr.on('error', () => {});

  const write = (chunk: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (controller.signal.aborted) reject(controller.signal.reason as Error);
      else stdout.write(chunk, (error) => (error ? reject(outputError(error)) : resolve()));
    });
  const say = (message: string): void => {
    const clear = shown ? '\r\x1b[K' : '';
    stderr.write(`${clear}${message}\n`);
  };
  return {
    stop,
    terminal: {
      write,
      print: (line) => write(`${line}\n`),
      note: (message) => say(errorStyle.dim(message)),
      warn: (message) => say(`${errorStyle.yellow('warning:')} ${message}`),
      error: (message) => say(`${errorStyle.red('error:')} ${message}`),
      async progress(label, unit, total) {
        const progress = await startProgress(stderr, label, unit, total);
        shown = stderr.isTTY ? progress : undefined;
        return {
          update: progress.update,
          stop() {
            progress.stop();
            if (shown === progress) shown = undefined;
          },
        };
      },
      showsProgress: stderr.isTTY === true,
      style,
      signal: controller.signal,
    },
  };
}

/** A closed pipe (`| head -1`) is no failure: the reader has what it wanted. */
function outputError(error: Error & { readonly code?: string }): Error {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return new Stopped(SUCCESS, 'closed pipe');
  const described = fileError('standard output', 'write', error);
  return described instanceof Error ? described : error;
}
