/** A bar for callers that do not wait for it. */
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** One bar at a time, which comes, changes and goes in the order of the calls, although showing one takes a moment. */
export class QueuedBar implements AsyncDisposable {
  readonly #terminal: Terminal;
  #shown: { readonly unit: string; readonly bar: Progress } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How far something is; a bar of another unit is a new one. */
  show(label: string, unit: string, done: number, total?: number): void {
    if (!this.#terminal.showsProgress) return;
    void this.#next(async () => {
      if (this.#shown?.unit !== unit) {
        this.#hide();
        this.#shown = { unit, bar: await this.#terminal.progress(label, unit, total) };
      }
      this.#shown.bar.update(done, total, label);
    });
  }

  /** Takes the bar away, after all that was asked before. */
  stop(): Promise<void> {
    return this.#next(() => this.#hide());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #next(step: () => void | Promise<void>): Promise<void> {
    // A bar that cannot be drawn is no reason to give up the work.
    this.#last = this.#last.then(step).catch(() => {});
    return this.#last;
  }

  #hide(): void {
    this.#shown?.bar.stop();
    this.#shown = undefined;
  }
}
