/** Progress of something long, drawn on standard error where that is a terminal. */
import type { SingleBar } from 'cli-progress';
import type { TextStream } from './command-io.ts';

export interface Progress {
  /** How many are done now; `total` and `label` where they have become known or changed. */
  update(done: number, total?: number, label?: string): void;
  /** Takes the line away. */
  stop(): void;
}

/** What one drawn line says. */
export interface ProgressState {
  readonly label: string;
  /** In the plural: `pairs`; `bytes` are shown in MB. */
  readonly unit: string;
  readonly done: number;
  readonly total: number | undefined;
  /** Units a second, undefined until it can be told. */
  readonly rate: number | undefined;
  /** Columns of the terminal. */
  readonly width: number;
}

/** `encoding ━━━━━───── 42 % 1,720/4,096 pairs, 512/s, 5 s left`, never longer than the terminal is wide. */
export function progressLine({ label, unit, done, total, rate, width }: ProgressState): string {
  const amount = unit === 'bytes' ? (bytes: number) => (bytes / 1e6).toFixed(1) : count;
  const name = unit === 'bytes' ? 'MB' : unit;
  const known = total !== undefined && total > 0;
  const parts = [known ? `${amount(Math.min(done, total))}/${amount(total)} ${name}` : `${amount(done)} ${name}`];
  if (rate !== undefined && rate > 0) {
    parts.push(unit === 'bytes' ? `${amount(rate)} MB/s` : `${rate < 10 ? rate.toFixed(1) : count(rate)}/s`);
    if (known && done < total) parts.push(`${duration((total - done) / rate)} left`);
  }
  const tail = parts.join(', ');
  const fraction = known ? Math.min(done / total, 1) : 0;
  const percent = known ? ` ${Math.floor(100 * fraction)} %`.padStart(6) : '';
  const room = Math.min(30, width - 1 - label.length - percent.length - tail.length - 2);
  const filled = Math.round(fraction * room);
  const bar = known && room >= 5 ? ` ${'━'.repeat(filled)}${'─'.repeat(room - filled)}` : '';
  return `${label}${bar}${percent} ${tail}`.slice(0, Math.max(width - 1, 1));
}

/** `1,720`: the same on every machine, whatever its language. */
export function count(value: number): string {
  // Intl loads its tables for 10 to 30 ms.
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `5 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Units a second over the last while, so that a slow start or a pause does not mislead. */
export class RateMeter {
  readonly #window: number;
  #samples: { readonly time: number; readonly done: number }[] = [];

  /** @param window milliseconds looked back on, default 15,000 */
  constructor(window = 15_000) {
    this.#window = window;
  }

  /** Records where things stand; `time` in milliseconds. */
  add(done: number, time: number): void {
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && time - (this.#samples[1]?.time ?? time) > this.#window) this.#samples.shift();
  }

  get rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.time <= first.time) return undefined;
    return (1000 * (last.done - first.done)) / (last.time - first.time);
  }
}

/**
 * Draws progress on `stream`, a terminal. Speed counts from the first update on: what
 * was done before (the steps of a run that is resumed, the part of a file that was there) was not done now.
 */
export async function startProgress(
  stream: TextStream,
  label: string,
  unit: string,
  total?: number,
): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const meter = new RateMeter();
  const state = { done: 0, total, label };
  const bar: SingleBar = new cliProgress.SingleBar({
    // The drawing needs `isTTY` and `columns` alone.
    stream: stream as NodeJS.WriteStream,
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    format: () => progressLine({ unit, ...state, rate: meter.rate, width: stream.columns || 80 }),
  });
  bar.start(total ?? 0, 0);
  return {
    update(done, newTotal, newLabel) {
      state.done = done;
      if (newLabel !== undefined) state.label = newLabel;
      if (newTotal !== undefined) state.total = newTotal;
      meter.add(done, performance.now());
      bar.setTotal(state.total ?? 0);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
