/** @file When refusals go out. */

/** Milliseconds of a refusal, and of the refusals that may go out at once. */
const [each, burst] = [2, 100];
/** Milliseconds. Refusals that go out together wake this process once. */
const tick = 10;

/**
 * Clients that ask again at once could keep this process busy with refusals and delay the answers. So after a burst
 * refusals go out at an even rate, or a second after their requests where that is sooner.
 */
export class RefusalPace {
  #next = 0;

  /** Milliseconds that the next refusal waits. */
  delay(): number {
    const now = performance.now();
    this.#next = Math.min(Math.max(this.#next + each, now), now + burst + 1000);
    const due = this.#next - burst;
    return due <= now ? 0 : Math.ceil(due / tick) * tick - now;
  }
}
