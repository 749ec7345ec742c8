/** Runs command lines inside the test's process. What needs a process (kills, pipes, limits) is in `built-command.ts`. */
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CommandIo, TextStream } from '../../src/cli/command-io.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { INTERRUPTED, Stopped } from '../../src/cli/exit.ts';

/** A tiny BERT with random weights and its tokenizer: a plain language model. */
export const tinyModel = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Standard input; default: empty. */
  readonly input?: string | Uint8Array | Readable;
  /** Variables over those of the test's process. */
  readonly env?: CommandIo['env'];
  /** Asked every few milliseconds, and with each message what was written to standard error so far: true is a Ctrl-C. */
  readonly interruptWhen?: (stderr: string) => boolean;
  /** Both outputs are terminals, this many columns wide. */
  readonly columns?: number;
  /** Instead of the stream that keeps the results. */
  readonly stdout?: TextStream;
}

/** Runs `relbert ARGS` and gives what it wrote and its exit code. */
export async function relbert(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input = '', env, interruptWhen = () => false, columns } = options;
  const controller = new AbortController();
  const ask = (): void => {
    if (interruptWhen(stderr.text)) controller.abort(new Stopped(INTERRUPTED, 'interrupted'));
  };
  const stdout = new KeptText(columns);
  const stderr = new KeptText(columns, ask);
  const timer = setInterval(ask, 5);
  try {
    const code = await runCommandLine(args, {
      stdin: input instanceof Readable ? input : Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
      stdout: options.stdout ?? stdout,
      stderr,
      env: { ...process.env, ...env },
      signal: controller.signal,
      worker: false,
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    clearInterval(timer);
  }
}

class KeptText extends Writable implements TextStream {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';
  readonly #decoder = new TextDecoder();
  readonly #written: () => void;

  constructor(columns: number | undefined, written: () => void = () => {}) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
    this.#written = written;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += this.#decoder.decode(chunk, { stream: true });
    done();
    this.#written();
  }
}
