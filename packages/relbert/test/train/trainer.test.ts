import { describe, expect, it } from 'vitest';
import { PromptTooLongError } from '../../src/encoder/relation-encoder.ts';
import { lossTermSchema } from '../../src/loss/losses.ts';
import { storedParameters } from '../../src/models/encoder.ts';
import { ConfigurationMismatchError } from '../../src/train/configuration.ts';
import { DivergenceError } from '../../src/train/divergence.ts';
import { type TrainOptions, train } from '../../src/train/fine-tuning.ts';
import type { DoneEvent, TrainEvent } from '../../src/train/train-event.ts';
import type { PairEncoder } from '../../src/train/training-model.ts';
import { memoryStore } from './memory-store.ts';
import { tinyRun } from './tiny-run.ts';

async function collect(options: TrainOptions): Promise<{ events: TrainEvent[]; done: DoneEvent }> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) events.push(event);
  const done = events.at(-1);
  if (done?.kind !== 'done') throw new Error('the run did not end with done');
  return { events, done };
}

function ofKind<K extends TrainEvent['kind']>(events: readonly TrainEvent[], kind: K) {
  return events.filter((event): event is Extract<TrainEvent, { kind: K }> => event.kind === kind);
}

function expectSameWeights(a: DoneEvent, b: DoneEvent): void {
  expect([...a.weights.keys()]).toEqual([...b.weights.keys()]);
  for (const [name, { data }] of a.weights) expect(data, name).toEqual(b.weights.get(name)?.data);
}

describe('train', () => {
  it('lowers the loss and reports what happens, in order', async () => {
    const { events, done } = await collect(await tinyRun());
    const steps = ofKind(events, 'step');
    expect(events[0]).toMatchObject({ kind: 'start', step: 0, steps: 24 });
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(steps[0]?.learningRate).toBe(0);
    expect(Object.keys(steps[0]?.parts ?? {})).toEqual(['infonce', 'classification', 'triplet']);
    const mean = (from: number, to: number) =>
      steps.slice(from, to).reduce((sum, { loss }) => sum + loss, 0) / (to - from);
    expect(mean(18, 24)).toBeLessThan(mean(0, 6) - 0.1);
    const validations = ofKind(events, 'validation');
    expect(validations.map(({ step }) => step)).toEqual([3, 6, 9, 12, 15, 18, 21, 24]);
    const best = Math.min(...validations.map(({ value }) => value));
    expect(done.best).toMatchObject({ metric: 'loss', value: best });
    expect(done.weightsFrom).toBe(validations.find(({ value }) => value === best)?.step);
    const { config } = (await tinyRun()).model;
    expect([...done.weights.keys()].sort()).toEqual(
      storedParameters(config)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('gives the same bits for the same seed, others for another', async () => {
    const [a, b, other] = [
      await collect(await tinyRun({ steps: 6 })),
      await collect(await tinyRun({ steps: 6 })),
      await collect(await tinyRun({ steps: 6, seed: 8 })),
    ];
    expectSameWeights(a.done, b.done);
    expect(ofKind(other.events, 'step')[0]?.loss).not.toBe(ofKind(a.events, 'step')[0]?.loss);
  });

  it('goes on from a checkpoint as if nothing had happened, wherever it was stopped', async () => {
    const undisturbed = await collect(await tinyRun());
    const store = memoryStore();
    let stops = 0;
    for (;;) {
      const controller = new AbortController();
      let left = 5 + (stops % 3);
      try {
        let last: TrainEvent | undefined;
        for await (const event of train({ ...(await tinyRun()), store, resume: true, signal: controller.signal })) {
          last = event;
          left--;
          if (left === 0) controller.abort(new Error('stop'));
        }
        if (last?.kind !== 'done') throw new Error('no end');
        expect(stops).toBeGreaterThan(3);
        expectSameWeights(last, undisturbed.done);
        expect(last.best).toEqual(undisturbed.done.best);
        break;
      } catch (error) {
        expect(error).toMatchObject({ message: 'stop' });
        stops++;
      }
    }
    // A finished run has nothing left to do.
    const again = await collect({ ...(await tinyRun()), store, resume: true });
    expect(again.events.map(({ kind }) => kind)).toEqual(['start', 'done']);
    expectSameWeights(again.done, undisturbed.done);
  });

  it('refuses a checkpoint of another configuration and shows the difference', async () => {
    const store = memoryStore();
    await collect({ ...(await tinyRun({ steps: 3 })), store });
    const other = { ...(await tinyRun({ steps: 3, learningRate: 0.5 })), configuration: { model: 'other' }, store };
    const error = await collect({ ...other, resume: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationMismatchError);
    expect((error as ConfigurationMismatchError).differences).toEqual([
      'run.model: was "tiny", now "other"',
      'training.learningRate: was 0.001, now 0.5',
    ]);
  });

  it('starts at the beginning without a checkpoint', async () => {
    const { events } = await collect({ ...(await tinyRun({ steps: 2 })), store: memoryStore(), resume: true });
    expect(events[0]).toMatchObject({ kind: 'start', step: 0 });
  });

  it('stops with advice when the loss becomes NaN', async () => {
    const losses = [lossTermSchema.parse({ name: 'triplet' })];
    const run = await tinyRun({ learningRate: 1e30, warmup: 0, clip: null, losses, steps: 9, decay: 'constant' });
    const error = await collect(run).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DivergenceError);
    expect((error as DivergenceError).message).toMatch(/broke down at step \d+: .*lower learning rate/);
  });

  it('ends early where validation does not get better', async () => {
    const { events } = await collect(
      await tinyRun({ learningRate: 1e-12, average: null, every: 1, patience: 2, steps: 20 }),
    );
    const [stop] = ofKind(events, 'early-stop');
    expect(stop?.patience).toBe(2);
    expect(stop?.step).toBeLessThan(20);
    expect(
      ofKind(events, 'validation')
        .slice(-2)
        .every(({ best }) => !best),
    ).toBe(true);
  });

  it('leaves frozen weights as they are', async () => {
    const run = await tinyRun({ freezeLayers: 1, steps: 3, average: null });
    const { events, done } = await collect(run);
    for (const [name, { data }] of done.weights) {
      const before = (await run.model.weights.get(name)).data;
      const same = data.every((value, i) => value === before[i]);
      expect(same, name).toBe(/^embeddings|layer\.0\./.test(name));
    }
    const [start] = ofKind(events, 'start');
    expect(start?.trainedParameters).toBeLessThan(start?.parameters ?? 0);
  });

  it('takes a custom metric, and lists the metrics for an unknown name', async () => {
    const figures = async () => ({ accuracy: 0.5, other: 1 });
    const run = await tinyRun({ steps: 2, metric: 'accuracy' });
    const { done } = await collect({ ...run, validation: { figures } });
    expect(done.best).toEqual({ step: 2, metric: 'accuracy', value: 0.5 });
    const wrong = await tinyRun({ steps: 2, metric: 'f1' });
    await expect(collect({ ...wrong, validation: { figures } })).rejects.toThrow(
      "no validation figure 'f1'; there are: accuracy, other",
    );
  });

  it("keeps the last weights with the metric 'step', not those with the best figures", async () => {
    let checks = 0;
    const worse = { figures: async () => ({ accuracy: 1 / ++checks }) };
    const options = { steps: 4, every: 1, average: null } as const;
    const { done: last } = await collect({ ...(await tinyRun({ ...options, metric: 'step' })), validation: worse });
    expect(last.best).toEqual({ step: 4, metric: 'step', value: 4 });
    const { done: alone } = await collect({ ...(await tinyRun(options)), validation: {} });
    expect(last.weights).toEqual(alone.weights);
  });

  it('keeps the steps before a validation that fails', async () => {
    const store = memoryStore();
    const failing = { figures: () => Promise.reject(new Error('no figures')) };
    const run = await tinyRun({ steps: 4, every: 2 });
    await expect(collect({ ...run, validation: failing, store })).rejects.toThrow('no figures');
    expect(store.saved.get('last')?.progress).toMatchObject({ step: 2, checked: 0, finished: false });
    // The resumed run begins with the validation that failed.
    const { events } = await collect({ ...run, store, resume: true });
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'checkpoint' && kind !== 'measuring')).toEqual([
      'start',
      'validation',
      'step',
      'step',
      'validation',
      'done',
    ]);
    expect(ofKind(events, 'validation').map(({ step }) => step)).toEqual([2, 4]);
  });

  it('hears an abort in the middle of a validation, and writes a checkpoint first', async () => {
    const pairs = Array.from({ length: 2000 }, (_, i) => ({ head: `w${i}`, tail: 'w1' }));
    const run = await tinyRun({ steps: 4, every: 2 });
    for (const when of ['before', 'while'] as const) {
      const store = memoryStore();
      const controller = new AbortController();
      let encoded = false;
      const validation = {
        async figures(encode: PairEncoder) {
          // From outside, as a signal of the system comes: only where the event loop has a turn.
          if (when === 'while') setTimeout(() => controller.abort(new Error('stop')));
          else controller.abort(new Error('stop'));
          await encode(pairs);
          encoded = true;
          return { mean: 1 };
        },
      };
      await expect(collect({ ...run, validation, store, signal: controller.signal })).rejects.toThrow('stop');
      expect(encoded).toBe(false);
      expect(store.saved.get('last')?.progress).toMatchObject({ step: 2, checked: 0 });
    }
  });

  it('encodes many pairs for a validation in their order', async () => {
    const pairs = Array.from({ length: 1100 }, (_, i) => ({ head: `w${i}`, tail: `w${i % 7}` }));
    const run = await tinyRun({ steps: 1 });
    const validation = {
      async figures(encode: PairEncoder) {
        const { data, shape } = await encode(pairs);
        const [rows, width] = shape;
        expect(rows).toBe(1100);
        for (const row of [0, 511, 512, 1023, 1024, 1099]) {
          const alone = (await encode(pairs.slice(row, row + 1))).data;
          const own = data.subarray(row * width, (row + 1) * width);
          expect(Math.max(...alone.map((value, i) => Math.abs(value - (own[i] as number))))).toBeLessThan(1e-5);
        }
        return { mean: 1 };
      },
    };
    await collect({ ...run, validation });
  });

  it('names a pair whose prompt is too long', async () => {
    const run = await tinyRun({ steps: 1 });
    const error = await collect({ ...run, model: { ...run.model, maxLength: 6 } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PromptTooLongError);
    expect((error as Error).message).toMatch(/\["w\d+","w\d+"\] has \d+ tokens, 6 are allowed/);
  });

  it('distils similarities from a teacher', async () => {
    const asked: number[] = [];
    const teacher = {
      dimension: 4,
      async embeddings(pairs: readonly { head: string }[]) {
        asked.push(pairs.length);
        return Float32Array.from(
          pairs.flatMap(({ head }) => [1, Number(head.slice(1)) % 5, Number(head.slice(1)) % 3, 0.5]),
        );
      },
    };
    const losses = [lossTermSchema.parse({ name: 'similarity' })];
    const run = await tinyRun({ losses, steps: 30, average: null, dropout: 0, learningRate: 3e-3 });
    const { events } = await collect({ ...run, teacher });
    const steps = ofKind(events, 'step');
    expect(asked.slice(0, 1)).toEqual([steps[0]?.prompts]);
    expect(steps.at(-1)?.loss).toBeLessThan(0.8 * (steps[0]?.loss ?? 0));
  });

  it('stops before the first step when the signal is already aborted', async () => {
    const signal = AbortSignal.abort(new Error('no'));
    await expect(collect({ ...(await tinyRun()), signal })).rejects.toThrow('no');
  });
});
