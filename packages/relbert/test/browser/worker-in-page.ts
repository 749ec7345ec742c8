import { CheckpointError, OptionError, PromptTooLongError, RelationEncoder, RuntimeError } from '../../src/browser.ts';

export interface WorkerArguments {
  readonly pairs: [string, string][];
  readonly worker?: boolean;
  readonly threads?: number;
  readonly dtype?: 'f32';
  readonly batchTokens?: number;
  /** The script of this worker, by the order in which the page starts them, is not there. */
  readonly withoutWorker?: number;
}

export interface WorkerReport {
  readonly runtime: string;
  readonly dtype: string;
  readonly loadSeconds: number;
  readonly encodeSeconds: number;
  /** `done` of the events. */
  readonly events: readonly number[];
  /** The first eight embeddings: more would take the page long to write as JSON. */
  readonly data: readonly number[];
  readonly aborted: string;
  /** Events after the abort. */
  readonly late: number;
  readonly tooLong: string;
  /** Texts of the tokens, those that are pooled in angle brackets. */
  readonly tokens: string;
  readonly disposed: readonly string[];
}

/** Loads the model under /model/ and encodes with it as a page does; without pairs: the errors of `load`. */
export default async function run(args: WorkerArguments): Promise<WorkerReport | string[]> {
  const { pairs, withoutWorker, ...settings } = args;
  if (pairs.length === 0) return failures();
  let workers = 0;
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(workers++ === withoutWorker ? '/nothing.js' : url, options);
    }
  };
  const times = [performance.now()];
  const encoder = await RelationEncoder.load('/model/', { ...settings, runtime: { wasmPaths: '/ort/' } });
  times.push(performance.now());
  const events: number[] = [];
  const { data } = await encoder.encode(pairs, { onProgress: ({ done }) => events.push(done) });
  times.push(performance.now());

  const controller = new AbortController();
  let late = 0;
  const aborted = await encoder
    .encode(pairs, {
      signal: controller.signal,
      onProgress() {
        if (controller.signal.aborted) late++;
        controller.abort(new Error('enough'));
      },
    })
    .catch((error: Error) => error.message);
  const tooLong = await encoder.encode([['a '.repeat(600), 'b']]).then(
    () => 'encoded',
    (error: unknown) => {
      if (!(error instanceof PromptTooLongError && error.pair.tail === 'b')) throw error;
      return `${error.name}: ${error.length} of ${error.limit}`;
    },
  );
  const tokens = await encoder.promptTokens(['Tokyo', 'Japan']);
  const waiting = encoder.encode(pairs).catch((error: Error) => error.message);
  await encoder.dispose();
  const disposed = await Promise.all([waiting, encoder.encode(pairs).catch((error: Error) => error.message)]);
  const [start = 0, loaded = 0, encoded = 0] = times;
  return {
    ...{
      runtime: encoder.info.runtime,
      dtype: encoder.info.dtype,
      events,
      data: [...data.subarray(0, 8 * encoder.dimension)],
      late,
      tooLong,
    },
    ...{ loadSeconds: (loaded - start) / 1000, encodeSeconds: (encoded - loaded) / 1000 },
    aborted: String(aborted),
    tokens: tokens.map(({ text, weights }) => (weights.some((weight) => weight !== 0) ? `<${text}>` : text)).join(' '),
    disposed: disposed.map(String),
  };
}

async function failures(): Promise<string[]> {
  const attempts = [
    () => RelationEncoder.load('/nothing/'),
    () => RelationEncoder.load('/model/', { runtime: { workerUrl: '/nothing.js' } }),
    () => RelationEncoder.load('/model/', { runtime: { wasmPaths: '/nothing/' } }),
    () => RelationEncoder.load('/model/', { maxLength: 100_000 }),
    () => RelationEncoder.load('/model/', { signal: AbortSignal.abort(new Error('enough')) }),
    () => {
      const { gpu } = navigator as Navigator & { readonly gpu?: object };
      if (gpu) Object.assign(gpu, { requestAdapter: async () => null });
      return RelationEncoder.load('/model/', { device: 'webgpu', worker: false, runtime: { wasmPaths: '/ort/' } });
    },
  ];
  const outcomes: string[] = [];
  for (const attempt of attempts) {
    const error = await attempt().then(
      () => new Error('nothing was wrong'),
      (error: Error) => error,
    );
    const ofClass = [CheckpointError, RuntimeError, OptionError].find((known) => error instanceof known);
    outcomes.push(`${ofClass?.name ?? 'Error'}: ${error.message}`);
  }
  return outcomes;
}
