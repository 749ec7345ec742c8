import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { DEFAULT_SETTINGS, predictClasses, trainClassifiers } from '../../src/evaluate/classifier.ts';
import { adamScale, PARAMETERS, parameterShape, trainingGraph } from '../../src/evaluate/classifier-graph.ts';
import type { Classifier, ClassifierEvent, ClassifierOptions } from '../../src/evaluate/classifier-model.ts';
import { runsOfEpoch } from '../../src/evaluate/classifier-training.ts';
import { serialize } from '../../src/graph/onnx.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { DivergenceError } from '../../src/train/divergence.ts';
import { keptSessions } from '../kept-sessions.ts';

interface Golden {
  readonly cases: readonly {
    readonly items: number;
    readonly dimension: number;
    readonly classes: number;
    readonly hidden: number;
    readonly batch: number;
    readonly epochs: number;
    readonly alpha: number;
    readonly learningRate: number;
    readonly features: readonly number[];
    readonly labels: readonly number[];
    readonly start: Readonly<Record<'hidden' | 'rest', readonly number[]>>;
    readonly end: Readonly<Record<'hidden' | 'rest', readonly number[]>>;
    readonly losses: readonly number[];
    readonly predicted: readonly number[];
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/evaluate/classifier.json', import.meta.url), 'utf8'),
) as Golden;
const runtime = keptSessions();
afterAll(() => runtime.dispose());

const float32 = (data: ArrayLike<number>, shape: readonly number[]): TensorValue => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

describe('the training graph', () => {
  it.each(golden.cases)('ends where scikit-learn ends ($classes classes, batches of $batch)', async (golden) => {
    const { items, dimension, classes, hidden, batch, epochs, alpha, learningRate, labels } = golden;
    const outputs = classes === 2 ? 1 : classes;
    const shape = { dimension, hidden, outputs };
    const batches = Array.from({ length: Math.ceil(items / batch) }, (_, i) => Math.min(batch, items - i * batch));
    const session = await runtime.createSession(serialize({ outputs: trainingGraph({ ...shape, batches, alpha }) }));
    const targets = labels.flatMap((label) =>
      outputs === 1 ? [label] : Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)),
    );
    const rows = (data: readonly number[], width: number, i: number) =>
      float32(data.slice(i * batch * width, (i + 1) * batch * width), [batches[i] as number, width]);
    const inputs = Object.fromEntries(
      batches.flatMap((_, i) => [
        [`features.${i}`, rows(golden.features, dimension, i)],
        [`targets.${i}`, rows(targets, outputs, i)],
      ]),
    );
    let state = Object.fromEntries(
      PARAMETERS.flatMap((name) => {
        const dims = parameterShape(name, shape);
        const zeros = float32(new Float32Array(golden.start[name].length), dims);
        return [
          [name, float32(golden.start[name], dims)],
          [`first.${name}`, zeros],
          [`second.${name}`, zeros],
        ];
      }),
    );
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rates = batches.map((_, i) => learningRate * adamScale(epoch * batches.length + i + 1));
      const { losses, squares, ...next } = await session.run({
        ...state,
        ...inputs,
        rates: float32(rates, [rates.length]),
      });
      state = Object.fromEntries(Object.entries(next).map(([name, value]) => [name.replace('next.', ''), value]));
      const entropy = batches.reduce((sum, size, i) => sum + (losses?.data[i] as number) * size, 0);
      const penalty = (alpha / 2) * batches.length * (squares?.data[0] as number);
      // Σ w² is taken once an epoch here, at each step there.
      const tolerance = alpha * 0.2 + 1e-5;
      expect(Math.abs((entropy + penalty) / items - (golden.losses[epoch] as number))).toBeLessThan(tolerance);
    }
    await session.dispose();
    for (const name of PARAMETERS) {
      const found = state[name]?.data as Float32Array;
      expect(found).toHaveLength(golden.end[name].length);
      for (const [i, value] of golden.end[name].entries())
        expect(Math.abs((found[i] as number) - value)).toBeLessThan(2e-5);
    }
    const [weights, rest] = PARAMETERS.map((name) => state[name]?.data as Float32Array) as [Float32Array, Float32Array];
    const predicted = await predictClasses(
      runtime,
      {
        settings: { hidden, learningRate },
        shape,
        classes: Array.from({ length: classes }, (_, k) => String(k)),
        weights: { hidden: weights, rest },
        losses: [],
        converged: false,
      },
      { data: Float32Array.from(golden.features), shape: [items, dimension] },
    );
    expect(predicted.map(Number)).toEqual(golden.predicted);
  });
});

/** Points around one centre a class. */
function clouds(classes: readonly string[], each: number, seed: number, noise = 0.6) {
  const random = new Random(seed);
  const centres = new Random(99);
  const dimension = 8;
  const middle = classes.map(() => Array.from({ length: dimension }, () => centres.normal()));
  const labels: string[] = [];
  const data: number[] = [];
  for (let i = 0; i < each * classes.length; i++) {
    const k = random.integer(classes.length);
    labels.push(classes[k] as string);
    for (const value of middle[k] as number[]) data.push(value + noise * random.normal());
  }
  return { features: { data: Float32Array.from(data), shape: [labels.length, dimension] as const }, labels };
}

const share = (found: readonly string[], right: readonly string[]) =>
  found.filter((label, i) => label === right[i]).length / right.length;

describe('trainClassifiers', () => {
  it.each([
    ['two classes', ['no', 'yes']],
    ['five classes', ['a', 'b', 'c', 'd', 'e']],
  ] as const)('learns %s', async (_, classes) => {
    const train = clouds(classes, 120, 1);
    const test = clouds(classes, 60, 2);
    const [classifier] = await trainClassifiers(runtime, train.features, train.labels, [
      { hidden: 20, learningRate: 1e-2 },
    ]);
    expect(classifier?.classes).toEqual(classes);
    expect(share(await predictClasses(runtime, classifier!, test.features), test.labels)).toBeGreaterThan(0.9);
    expect(classifier?.losses.at(-1)).toBeLessThan((classifier?.losses[0] ?? 0) / 2);
  });

  it('is the same for the same seed, alone or among others', async () => {
    const { features, labels } = clouds(['a', 'b', 'c'], 50, 3);
    const settings = { hidden: 7, learningRate: 1e-3 };
    const options = { maxEpochs: 3, seed: 5 };
    const [alone] = await trainClassifiers(runtime, features, labels, [settings], options);
    const [, among] = await trainClassifiers(
      runtime,
      features,
      labels,
      [{ hidden: 4, learningRate: 1e-2 }, settings],
      options,
    );
    expect(among?.weights).toEqual(alone?.weights);
    const [other] = await trainClassifiers(runtime, features, labels, [settings], { ...options, seed: 6 });
    expect(other?.weights).not.toEqual(alone?.weights);
  });

  it.each([
    ['two classes', ['no', 'yes'], 1],
    ['three classes', ['a', 'b', 'c'], 3],
  ] as const)('starts from weights and biases uniform within the bound of Glorot (%s)', async (_, classes, outputs) => {
    const [dimension, hidden] = [8, 60];
    const { features, labels } = clouds(classes, 30, 6);
    // One step of a rate that moves nothing leaves the start.
    const options = { maxEpochs: 1, seed: 3 };
    const [classifier] = await trainClassifiers(runtime, features, labels, [{ hidden, learningRate: 1e-12 }], options);
    const { hidden: weights, rest } = (classifier as Classifier).weights;
    const hiddenBound = Math.sqrt(6 / (dimension + hidden));
    const outputBound = Math.sqrt(6 / (hidden + outputs));
    const parts = [
      { values: weights, count: dimension * hidden, bound: hiddenBound },
      { values: rest.subarray(0, hidden), count: hidden, bound: hiddenBound },
      { values: rest.subarray(hidden, -outputs), count: hidden * outputs, bound: outputBound },
    ];
    for (const { values, count, bound } of parts) {
      expect(values).toHaveLength(count);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / count);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-6));
      // Of so many values some come near the bound, and their spread is that of a uniform distribution.
      expect(Math.max(...values)).toBeGreaterThan(0.9 * bound);
      expect(Math.min(...values)).toBeLessThan(-0.9 * bound);
      const deviation = bound / Math.sqrt(3) / Math.sqrt(count);
      expect(Math.abs(mean)).toBeLessThan(3 * deviation);
      expect(Math.abs(spread / (bound / Math.sqrt(3)) - 1)).toBeLessThan(2 / Math.sqrt(count));
      expect(new Set(values).size).toBe(count);
    }
    const outputBiases = rest.subarray(-outputs);
    expect(outputBiases.every((value) => value !== 0 && Math.abs(value) <= outputBound * (1 + 1e-6))).toBe(true);
    const [other] = await trainClassifiers(runtime, features, labels, [{ hidden, learningRate: 1e-12 }], {
      ...options,
      seed: 4,
    });
    expect(other?.weights.hidden[0]).not.toBe(weights[0]);
  });

  it("takes scikit-learn's defaults", async () => {
    // More items than one batch holds.
    const { features, labels } = clouds(['a', 'b', 'c'], 150, 7);
    const train = async (options: ClassifierOptions) => {
      const [classifier] = await trainClassifiers(runtime, features, labels, [{ hidden: 5, learningRate: 1e-2 }], {
        maxEpochs: 2,
        ...options,
      });
      return classifier as Classifier;
    };
    const byDefault = await train({});
    expect(await train({ batchSize: 200, alpha: 1e-4, seed: 0 })).toEqual(byDefault);
    for (const other of [{ batchSize: 199 }, { batchSize: 201 }, { alpha: 1.1e-4 }, { alpha: 0 }, { seed: 1 }])
      expect((await train(other)).weights).not.toEqual(byDefault.weights);
    expect(DEFAULT_SETTINGS).toEqual({ hidden: 100, learningRate: 0.001 });
  });

  it('ends after ten epochs without a fall of the loss and one more, and reports each epoch', async () => {
    const { features, labels } = clouds(['a', 'b'], 40, 4);
    const events: ClassifierEvent[] = [];
    const [classifier] = await trainClassifiers(runtime, features, labels, [{ hidden: 3, learningRate: 1e-12 }], {
      onProgress: (event) => events.push(event),
    });
    // The first epoch sets the mark; the next eleven do not fall below it by 1e-4.
    expect(classifier?.losses).toHaveLength(12);
    expect(classifier?.converged).toBe(true);
    expect(events.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(events[0]).toMatchObject({ done: 1, total: 200 });
    expect(events.at(-1)).toMatchObject({ done: 200, total: 200 });
  });

  it('can be aborted', async () => {
    const { features, labels } = clouds(['a', 'b'], 40, 4);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const training = trainClassifiers(runtime, features, labels, [{ hidden: 3, learningRate: 1e-3 }], {
      signal: controller.signal,
      onProgress,
    });
    await expect(training).rejects.toThrow('enough');
  });

  it('cuts an epoch into runs that hold each item once', () => {
    for (const [items, size] of [
      [1, 1],
      [200, 200],
      [201, 200],
      [18_582, 200],
      [40_256, 200],
      [6400, 200],
    ] as const) {
      const runs = runsOfEpoch(items, size);
      expect(runs.flat().reduce((sum, batch) => sum + batch, 0)).toBe(items);
      expect(
        runs
          .flat()
          .slice(0, -1)
          .every((batch) => batch === size),
      ).toBe(true);
      expect(Math.max(...runs.map((run) => run.length))).toBeLessThanOrEqual(32);
      expect(new Set(runs.map((run) => JSON.stringify(run))).size).toBeLessThanOrEqual(3);
    }
  });

  it('refuses what cannot be learnt from', async () => {
    const matrix = (data: number[], items: number) => ({ data: Float32Array.from(data), shape: [items, 2] as const });
    const train = (data: number[], labels: string[], settings = { hidden: 2, learningRate: 1e-3 }) =>
      trainClassifiers(runtime, matrix(data, data.length / 2), labels, [settings]);
    await expect(train([1, 2, 3, 4], ['a', 'a'])).rejects.toThrow("all labels are 'a'");
    await expect(train([], [])).rejects.toThrow('no items');
    await expect(train([1, 2, 3, 4], ['a'])).rejects.toThrow('2 rows of features but 1 labels');
    await expect(train([1, 2, 3, Number.NaN], ['a', 'b'])).rejects.toThrow('feature 1 of item 1 is NaN');
    await expect(train([1, 2, 3, 4], ['a', 'b'], { hidden: 0, learningRate: 1 })).rejects.toThrow('hidden');
    await expect(train([1, 2, 3, 4], ['a', 'b'], { hidden: 1, learningRate: 0 })).rejects.toThrow('learningRate');
    const diverging = train([1e30, 2, 3, -1e30], ['a', 'b'], { hidden: 3, learningRate: 1e30 });
    await expect(diverging).rejects.toThrow(DivergenceError);
    await expect(diverging).rejects.toThrow('the loss of epoch');
    const [classifier] = await trainClassifiers(
      runtime,
      matrix([1, 2, 3, 4], 2),
      ['a', 'b'],
      [{ hidden: 2, learningRate: 1e-3 }],
      { maxEpochs: 1 },
    );
    await expect(predictClasses(runtime, classifier!, { data: new Float32Array(3), shape: [1, 3] })).rejects.toThrow(
      'trained on 2 features, these items have 3',
    );
  });
});
