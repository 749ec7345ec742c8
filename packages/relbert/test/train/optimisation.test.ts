import { describe, expect, it } from 'vitest';
import { storedParameters } from '../../src/models/encoder.ts';
import { resolveWeightNames } from '../../src/models/weights.ts';
import { type TrainOptions, train } from '../../src/train/fine-tuning.ts';
import type { TrainingConfigInput } from '../../src/train/training-config.ts';
import { tinyModel } from './tiny.ts';
import { tinyRun } from './tiny-run.ts';

const rate = 1e-2;

/** One step at the full learning rate, without warm-up, dropout, average and validation. */
async function oneStep(training: Partial<TrainingConfigInput>, family = 'bert'): Promise<TrainOptions> {
  const { validation: _, ...run } = await tinyRun({
    steps: 1,
    warmup: 0,
    decay: 'constant',
    learningRate: rate,
    dropout: 0,
    average: null,
    every: null,
    ...training,
  });
  return { ...run, model: await tinyModel(family, 'average+difference') };
}

type Weights = ReadonlyMap<string, Float32Array>;

/** The weights before a run, by the names that the architecture has for them. */
async function weightsBefore({ model }: TrainOptions): Promise<Weights> {
  const names = resolveWeightNames(model.config, model.weights);
  const read = [...names].map(async ([name, stored]) => [name, (await model.weights.get(stored)).data] as const);
  return new Map(await Promise.all(read));
}

async function weightsAfter(options: TrainOptions): Promise<Weights> {
  for await (const event of train(options)) {
    if (event.kind === 'done') return new Map([...event.weights].map(([name, { data }]) => [name, data.slice()]));
  }
  throw new Error('the run did not end');
}

describe('weight decay', () => {
  // Families with names of their own for LayerNorm, and one with a table of biases.
  it.each(['bert', 'albert-v2', 'distilbert', 'mpnet'])(
    'is of matrices and tables, not of biases and LayerNorm, unless asked: %s',
    async (family) => {
      const losses: TrainingConfigInput['losses'] = [{ name: 'infonce' }];
      const run = await oneStep({ weightDecay: 0, losses }, family);
      const before = await weightsBefore(run);
      const none = await weightsAfter(run);
      const usual = await weightsAfter(await oneStep({ weightDecay: 0.5, losses }, family));
      const all = await weightsAfter(await oneStep({ weightDecay: 0.5, decayAll: true, losses }, family));
      for (const { name, shape } of storedParameters(run.model.config)) {
        const plain = none.get(name) as Float32Array;
        // Decoupled: what is decayed is smaller by rate × decay × what it was, whatever its gradient.
        const decayed = plain.map((value, i) => value - rate * 0.5 * (before.get(name)?.[i] as number));
        const off = (values: Float32Array | undefined) =>
          decayed.reduce((most, value, i) => Math.max(most, Math.abs(value - (values?.[i] as number))), 0);
        // In every family exactly the biases and the LayerNorms are vectors; but for MPNet's biases by relative position.
        if (shape.length === 1 || name === 'encoder.relative_attention_bias.weight')
          expect(usual.get(name), name).toEqual(plain);
        else expect(off(usual.get(name)), name).toBeLessThan(1e-6);
        expect(off(all.get(name)), name).toBeLessThan(1e-6);
        expect(all.get(name), name).not.toEqual(plain);
      }
    },
  );
});

describe('clipping', () => {
  it('scales the gradient of the step, and reports the norm before scaling', async () => {
    const losses: TrainingConfigInput['losses'] = [{ name: 'infonce' }];
    const run = async (clip: number | null) => {
      const options = await oneStep({ weightDecay: 0, clip, losses, microBatchTokens: 1000, fusedTokens: 1000 });
      const before = await weightsBefore(options);
      let [norm, largest] = [0, 0];
      const weights = new Map<string, Float32Array>();
      for await (const event of train(options)) {
        if (event.kind === 'step') norm = event.gradientNorm;
        if (event.kind !== 'done') continue;
        for (const [name, { data }] of event.weights) {
          weights.set(name, data.slice());
          const old = before.get(name) as Float32Array;
          largest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - (old[i] as number))), largest);
        }
      }
      return { norm, largest, weights };
    };
    const free = await run(null);
    const clipped = await run(1e-12);
    // AdamW divides a gradient by its size, so that a first step is about as long as the rate …
    expect(free.largest).toBeGreaterThan(0.9 * rate);
    // … but for a gradient far below epsilon (1e-8): at most 1e-12 / 1e-8 of the rate, and the rounding of the weights.
    expect(clipped.largest).toBeLessThan(1e-3 * rate);
    expect(free.norm).toBeGreaterThan(1e-3);
    expect(clipped.norm).toBe(free.norm);
    // A norm that is small enough already leaves every bit as it is.
    expect((await run(1.01 * free.norm)).weights).toEqual(free.weights);
  });
});
