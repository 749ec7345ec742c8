/** A bar for each stage of something long. */
import { QueuedBar } from './queued-bar.ts';
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
  readonly #bar: QueuedBar;
  #kind: string | undefined;
  /** The total of events that say none, where that is known. */
  total: number | undefined;

  constructor(labels: StageLabels<Event>, terminal: Terminal) {
    this.#labels = labels;
    this.#bar = new QueuedBar(terminal);
  }

  readonly show = (event: Event): void => {
    // Two stages may count the same unit.
    if (event.kind !== this.#kind) void this.#bar.stop();
    this.#kind = event.kind;
    const [label, unit] = this.#labels[event.kind as Event['kind']];
    this.#bar.show(label, unit, event.done, event.total ?? this.total);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bar.stop();
  }
}
