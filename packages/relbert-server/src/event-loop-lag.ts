/** @file How late the event loop is. */

const period = 20;

/** Milliseconds by which timers come too late: at once when it grows, slowly when it falls. */
export class EventLoopLag implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #lag = 0;
  #due = performance.now() + period;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lag = Math.max(now - this.#due, 0.8 * this.#lag);
      this.#due = now + period;
    }, period).unref();
  }

  get milliseconds(): number {
    return this.#lag;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
