import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EncoderOptions } from '../../src/encoder/encoder-options.ts';
import { exportOnnx } from '../../src/encoder/export-onnx.ts';
import { int8Tensors } from '../../src/encoder/int8-weights.ts';
import type { LanguageModel } from '../../src/encoder/language-model.ts';
import { encoderParts } from '../../src/encoder/load-encoder.ts';
import { openModel, RelationEncoder } from '../../src/index.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { loadTeacher } from '../../src/run/teacher.ts';
import type { Runtime } from '../../src/runtime/session.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const enough = new Error('enough');

afterEach(() => void vi.restoreAllMocks());

/** The runtime of this thread; `onStep` is called after each of its steps. `open` counts sessions. */
function countedRuntime(onStep: () => void): Runtime & { readonly open: number } {
  const runtime = nodeRuntime();
  let open = 0;
  return {
    ...runtime,
    get open() {
      return open;
    },
    async createSession(model, options) {
      const session = await runtime.createSession(model, options);
      open++;
      onStep();
      const dispose = async (): Promise<void> => {
        open--;
        await session.dispose();
      };
      return {
        device: session.device,
        async run(inputs) {
          const results = await session.run(inputs);
          onStep();
          return results;
        },
        dispose,
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}

describe.each<[string, string, EncoderOptions, number]>([
  ['in float32', tiny, {}, 1],
  ['with weights in 8 bits that are mapped', 'embedded', { dtype: 'stored' }, 3],
  ['that is calibrated', tiny, { dtype: 'int8' }, 7],
])('a load %s', (_, name, options, leastSteps) => {
  /** Loads, and aborts after a step, by a timer as those of `AbortSignal.timeout`. */
  async function load(last = Number.POSITIVE_INFINITY) {
    const controller = new AbortController();
    let steps = 0;
    const runtime = countedRuntime(() => {
      if (++steps === last) setTimeout(() => controller.abort(enough));
    });
    const model = await openModel(name);
    const { signal } = controller;
    const error = await encoderParts(model, runtime, { ...options, signal }).then(
      ({ batchEncoder }) => batchEncoder.dispose(),
      (reason: unknown) => reason,
    );
    return { error, steps, open: runtime.open };
  }

  it('ends at the step at which it is aborted, with the reason, and frees what it made', async () => {
    const { steps: all, ...whole } = await load();
    expect(whole).toEqual({ error: undefined, open: 0 });
    expect(all).toBeGreaterThanOrEqual(leastSteps);
    for (let last = 1; last <= all; last++) {
      const { steps, ...stopped } = await load(last);
      expect(stopped).toEqual({ error: enough, open: 0 });
      // A session that is made for one run is run.
      expect(steps - last).toBeLessThanOrEqual(1);
    }
  });
});

it('a load ends between two weights', async () => {
  const model = await openModel(tiny);
  const controller = new AbortController();
  let read = 0;
  const get: typeof model.weights.get = (name) => {
    if (++read === 3) controller.abort(enough);
    return model.weights.get(name);
  };
  const aborted = { ...model, weights: { ...model.weights, get } };
  await expect(encoderParts(aborted, nodeRuntime(), { signal: controller.signal })).rejects.toBe(enough);
  expect(read).toBe(3);
});

it.each<[string, (model: LanguageModel, runtime: Runtime, signal: AbortSignal) => Promise<unknown>]>([
  ['an ONNX file', (model, runtime, signal) => exportOnnx(model, { dtype: 'int8', runtime, signal })],
  ['weights in 8 bits', (model, runtime, signal) => int8Tensors(model, runtime, { signal })],
])('an export of %s ends while it is calibrated', async (_, write) => {
  const controller = new AbortController();
  let steps = 0;
  const runtime = countedRuntime(() => {
    if (++steps === 4) setTimeout(() => controller.abort(enough));
  });
  await expect(write(await openModel(tiny), runtime, controller.signal)).rejects.toBe(enough);
  expect(runtime.open).toBe(0);
  expect(steps).toBeLessThanOrEqual(5);
});

describe('the thread of a load that is aborted while it makes the session', () => {
  /** The thread that is asked for a session; this aborts. */
  function abortAtCreation(): { readonly signal: AbortSignal; readonly threads: Worker[] } {
    const controller = new AbortController();
    const threads: Worker[] = [];
    const { postMessage } = Worker.prototype;
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message, transfer) {
      postMessage.call(this, message, transfer);
      if ((message as { kind?: unknown }).kind !== 'create') return;
      threads.push(this);
      controller.abort(enough);
    });
    return { signal: controller.signal, threads };
  }

  /** A thread that has ended has this number. */
  const ended = -1;

  it('ends with RelationEncoder.load', async () => {
    const { signal, threads } = abortAtCreation();
    await expect(RelationEncoder.load(tiny, { signal })).rejects.toBe(enough);
    expect(threads.map(({ threadId }) => threadId)).toEqual([ended]);
  });

  it('ends with a teacher', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relbert-aborted-load-'));
    try {
      const { signal, threads } = abortAtCreation();
      const pairs = [{ head: 'a', tail: 'b' }];
      const model = await openModel(tiny);
      await expect(loadTeacher({ model, pairs, hub: { cache: join(folder, 'hub') }, signal })).rejects.toBe(enough);
      expect(threads.map(({ threadId }) => threadId)).toEqual([ended]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
