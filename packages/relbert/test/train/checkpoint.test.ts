import { describe, expect, it } from 'vitest';
import { type TrainOptions, train } from '../../src/train/fine-tuning.ts';
import type { FloatTensors } from '../../src/train/task.ts';
import type { DoneEvent, TrainEvent } from '../../src/train/train-event.ts';
import type { CheckpointName, Progress, TrainingState } from '../../src/train/training-state.ts';
import { withInitial, withoutInitial } from '../../src/train/weight-average.ts';
import { memoryStore } from './memory-store.ts';
import { tinyRun } from './tiny-run.ts';

async function eventsOf(options: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) events.push(event);
  return events;
}

const run = await tinyRun({ steps: 4, every: 2 });
const full = memoryStore();
await eventsOf({ ...run, store: full });
const weight = 'weight.encoder.layer.0.attention.self.query.weight';

/** A copy of the stored run in which one checkpoint is changed. */
function damaged(which: CheckpointName, change: (state: TrainingState) => object) {
  const store = memoryStore();
  for (const [name, state] of full.saved) {
    store.saved.set(name, name === which ? { ...state, ...change(state) } : state);
  }
  return store;
}
const withProgress = (more: object) => (state: TrainingState) => ({ progress: { ...state.progress, ...more } });
const withTensor =
  (change: (tensor: { shape: readonly number[]; data: Float32Array }) => object) => (state: TrainingState) => {
    const tensor = state.tensors.get(weight);
    if (!tensor) throw new Error(`no tensor ${weight}`);
    return { tensors: new Map([...state.tensors, [weight, { ...tensor, ...change(tensor) }]]) };
  };
const nan = ({ data }: { data: Float32Array }) => ({ data: data.with(5, Number.NaN) });

describe('a damaged checkpoint is named, and the other one offered', () => {
  it.each<[string, (state: TrainingState) => object, RegExp]>([
    ['a step that is not whole', withProgress({ step: 1.5 }), /step: /],
    ['a step after the end', withProgress({ step: 9, checked: 9 }), /it is of step 9 of a run of 4 steps/],
    ['no `checked`', withProgress({ checked: undefined } satisfies { checked: undefined }), /checked: /],
    ['a validation in the future', withProgress({ checked: 5 }), /checked: is after step/],
    ['seconds that are not finite', withProgress({ seconds: Number.POSITIVE_INFINITY }), /seconds: /],
    ['a tensor that is too short', withTensor(({ data }) => ({ data: data.subarray(1) })), /query\.weight' is float32/],
    [
      'other dimensions',
      withTensor(({ shape, data }) => ({ shape: [data.length, 1], old: shape })),
      /expected float32 \[/,
    ],
    ['another type', withTensor(() => ({ dtype: 'float16' })), /is float16/],
    ['NaN', withTensor(nan), /number 5 of 'weight\..*' is NaN/],
    [
      'a tensor too many',
      ({ tensors }) => ({ tensors: new Map([...tensors, ['weight.x', tensors.get(weight)]]) }),
      /no tensor 'weight.x'/,
    ],
  ])('%s', async (_, change, message) => {
    const last = eventsOf({ ...run, store: damaged('last', change), resume: true });
    await expect(last).rejects.toThrow(message);
    await expect(last).rejects.toThrow(
      /^the last checkpoint: .*; the best weights so far, of step \d, are sound: --resume best/,
    );
  });

  it('never takes NaN from the best checkpoint', async () => {
    const best = eventsOf({ ...run, store: damaged('best', withTensor(nan)), resume: true });
    await expect(best).rejects.toThrow(
      /^the best checkpoint: .* is NaN; the last checkpoint, of step 4, is sound: --resume last/,
    );
  });

  it('says to start anew where both are damaged', async () => {
    const store = damaged('last', withTensor(nan));
    store.saved.set('best', { ...(full.saved.get('best') as TrainingState), progress: {} as Progress });
    await expect(eventsOf({ ...run, store, resume: true })).rejects.toThrow(/; start anew with --overwrite$/);
  });
});

describe('--resume from one checkpoint', () => {
  it("'best': goes on from the best weights to the last step, and again after a kill to the same bits", async () => {
    const options = { ...(await tinyRun({ steps: 6, every: 2 })), validation: {} };
    const steps = { ...options, validation: { figures: async () => ({ mean: 1 }) } };
    const store = memoryStore();
    for await (const event of train({ ...steps, store })) if (event.kind === 'checkpoint' && event.step === 4) break;
    const done = async (kill: boolean): Promise<DoneEvent> => {
      const copy = memoryStore();
      for (const [name, state] of store.saved) if (name === 'best') copy.saved.set(name, state);
      const first = train({ ...steps, store: copy, resume: 'best' });
      const { value: start } = await first.next();
      expect(start).toMatchObject({ kind: 'start', step: 2, from: 'best' });
      for await (const event of first) {
        if (event.kind === 'done') return event;
        if (kill && event.kind === 'checkpoint' && event.step === 4) break;
      }
      return (await eventsOf({ ...steps, store: copy, resume: true })).at(-1) as DoneEvent;
    };
    const [whole, cut] = [await done(false), await done(true)];
    expect(whole.step).toBe(6);
    expect(cut.weights).toEqual(whole.weights);
  });

  it("'best': trains on with the trained weights, without the share of the first ones that is kept in them", async () => {
    const settings = { steps: 4, every: 2, metric: 'step', average: null, initialShare: 0.25 } as const;
    const options = await tinyRun(settings);
    const store = memoryStore();
    for await (const event of train({ ...options, store }))
      if (event.kind === 'checkpoint' && event.which === 'last') break;
    const trained = store.saved.get('last')?.tensors.get(weight)?.data ?? [];
    const mixed = store.saved.get('best')?.tensors.get(weight)?.data ?? [];
    expect(mixed).not.toEqual(trained);
    // Stopped before its first step, the resumed run writes what it would train on with.
    const copy = memoryStore();
    copy.saved.set('best', store.saved.get('best') as TrainingState);
    const stop = new AbortController();
    const resumed = train({ ...options, store: copy, resume: 'best', signal: stop.signal });
    await resumed.next();
    stop.abort(new Error('enough'));
    await expect(resumed.next()).rejects.toThrow('enough');
    const found = copy.saved.get('last')?.tensors.get(weight)?.data ?? [];
    expect(found).toHaveLength(trained.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(trained[i] as number, 7);

    const of = (...data: number[]) =>
      new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.from(data) }]]) as FloatTensors;
    expect(withInitial(of(3), of(1), 0.25)).toEqual(of(2.5));
    expect(withoutInitial(of(2.5), of(1), 0.25)).toEqual(of(3));
  });

  it("'last': goes on without the best weights so far", async () => {
    const events = await eventsOf({ ...run, store: damaged('best', withTensor(nan)), resume: 'last' });
    expect(events[0]).toMatchObject({ kind: 'start', step: 4, from: 'last' });
    expect(events.at(-1)).toMatchObject({ kind: 'done', weightsFrom: 4, best: undefined });
  });
});
