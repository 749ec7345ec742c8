/** A bar for each stage of something long. */
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export interface StageEvent {
  readonly kind: string;
  readonly done: number;
  readonly total?: number;
}

/** The label and the unit of each kind of event. */
export type StageLabels<Event extends StageEvent> = Readonly<
  Record<Event['kind'], readonly [label: string, unit: string]>
>;

export class StageProgress<Event extends StageEvent> implements AsyncDisposable {
  readonly #labels: StageLabels<Event>;
  readonly #terminal: Terminal;
  #kind: string | undefined;
  #bar: Promise<Progress> | undefined;
  /** The total of events that say none, where that is known. */
  total: number | undefined;

  constructor(labels: StageLabels<Event>, terminal: Terminal) {
    this.#labels = labels;
    this.#terminal = terminal;
  }

  readonly show = (event: Event): void => {
    if (!this.#terminal.showsProgress) return;
    const total = event.total ?? this.total;
    if (event.kind !== this.#kind) {
      const before = this.#bar;
      const [label, unit] = this.#labels[event.kind as Event['kind']];
      this.#kind = event.kind;
      this.#bar = Promise.resolve(before).then((bar) => {
        bar?.stop();
        return this.#terminal.progress(label, unit, total);
      });
    }
    void this.#bar?.then((bar) => bar.update(event.done, total));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    const bar = await this.#bar;
    this.#bar = undefined;
    this.#kind = undefined;
    bar?.stop();
  }
}
