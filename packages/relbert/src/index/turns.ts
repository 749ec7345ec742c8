/** Lets the event loop go on while something long computes: a turn is given after some milliseconds of work. */
export class Turns {
  readonly #longest: number;
  #since = performance.now();

  /** @param longest Milliseconds of work between two turns. Default 8. */
  constructor(longest = 8) {
    this.#longest = longest;
  }

  /** Waits for a turn of the event loop where one is due. */
  async due(): Promise<void> {
    if (performance.now() - this.#since < this.#longest) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#since = performance.now();
  }
}
