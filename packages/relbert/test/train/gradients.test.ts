import { describe, expect, it } from 'vitest';
import { buildRelationGraph } from '../../src/encoder/relation-graph.ts';
import { lossFeeds } from '../../src/loss/loss-inputs.ts';
import { lossTermSchema } from '../../src/loss/losses.ts';
import { objective } from '../../src/loss/objective.ts';
import { readParameters } from '../../src/models/weights.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { type GradientOptions, type GradientResult, Gradients } from '../../src/train/gradients.ts';
import { initialHead } from '../../src/train/head.ts';
import { RelationSampler } from '../../src/train/relation-sampler.ts';
import { keptSessions } from '../kept-sessions.ts';
import { tinyModel, tinyRelations } from './tiny.ts';

const losses = [
  lossTermSchema.parse({ name: 'infonce', temperature: 0.1 }),
  lossTermSchema.parse({ name: 'triplet' }),
  lossTermSchema.parse({ name: 'classification' }),
];

async function setup(family: string, dropout: boolean, options: Partial<GradientOptions>) {
  const { config, weights, prompt, pooling } = await tinyModel(family, 'difference');
  const graph = buildRelationGraph(config, { pooling, dropout });
  const goal = objective({ terms: losses, size: graph.dimension, triples: 'all' });
  const stored = await readParameters(graph.parameters, config, weights);
  const all = new Map<string, TensorValue>(
    [
      ...graph.parameters.map(({ name, shape }) => ({ name, shape, data: stored[name] as Float32Array })),
      ...initialHead(goal.head, 1),
    ].map(({ name, shape, data }) => [name, { dtype: 'float32', shape, data }]),
  );
  const trained = new Set(graph.parameters.map(({ name }) => name));
  const gradients = new Gradients({
    config,
    encoder: { graph, trained },
    objective: goal,
    runtime: keptSessions(),
    threads: 1,
    ...options,
  });
  const batch = new RelationSampler({
    parts: [{ relations: tinyRelations(6), relationsPerStep: 4, positives: 2, negatives: 2 }],
    seed: 3,
  }).batch(0);
  const input = {
    prompts: batch.pairs.map((pair) => prompt.encode(pair)),
    feeds: lossFeeds(batch, 'all'),
    dropout: dropout ? { seed: 5, step: 7 } : undefined,
  };
  return { gradients, input, weights: all, names: [...trained, 'head.weight', 'head.bias'] };
}

async function compute(family: string, dropout: boolean, options: Partial<GradientOptions>) {
  const { gradients, input, weights, names } = await setup(family, dropout, options);
  try {
    return { result: await gradients.gradients(input, weights), names };
  } finally {
    await gradients.dispose();
  }
}

/** Largest ‖a − b‖ / ‖a‖ over the weights; rows of tables are spread over the table first. */
function error(a: GradientResult, b: GradientResult): number {
  expect([...b.gradients.keys()].sort()).toEqual([...a.gradients.keys()].sort());
  const whole = [...a.gradients.keys()].map((name) => [spread(a, name), spread(b, name)] as const);
  const norm = Math.hypot(...whole.map(([x]) => length(x)));
  return Math.max(
    ...whole.map(([x, y]) => {
      const size = Math.max(x.length, y.length);
      const difference = length(Array.from({ length: size }, (_, i) => (x[i] ?? 0) - (y[i] ?? 0)));
      // A gradient that is 0 but for rounding (the bias of the keys) is measured against the whole.
      return difference / Math.max(length(x), 1e-2 * norm);
    }),
  );
}

function length(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}

function spread({ gradients }: GradientResult, name: string): Float32Array {
  const gradient = gradients.get(name);
  if (!gradient) throw new Error(`no gradient of ${name}`);
  if (gradient.kind !== 'rows') return gradient.values;
  const { rows, values } = gradient;
  const width = values.length / rows.length;
  const table = new Float32Array((Math.max(...rows) + 1) * width);
  for (const [i, row] of rows.entries()) table.set(values.subarray(i * width, (i + 1) * width), row * width);
  return table;
}

const families = [
  ...['bert', 'roberta', 'xlm-roberta', 'electra', 'albert-v1', 'albert-v2', 'distilbert', 'mpnet'],
  ...['deberta-v2', 'modernbert'],
];

describe('Gradients', () => {
  for (const family of families) {
    it(`is the same in one micro-batch, in several, and through gradient caching: ${family}`, async () => {
      const one = await compute(family, false, { microBatchTokens: 100_000 });
      const several = await compute(family, false, { microBatchTokens: 35 });
      const cached = await compute(family, false, { microBatchTokens: 35, fusedTokens: 70 });
      expect([...one.result.gradients.keys()].sort()).toEqual(one.names.sort());
      expect(Math.abs(several.result.loss - one.result.loss)).toBeLessThan(1e-5);
      expect(Math.abs(cached.result.loss - one.result.loss)).toBeLessThan(1e-5);
      expect(error(one.result, several.result)).toBeLessThan(1e-5);
      expect(error(one.result, cached.result)).toBeLessThan(1e-5);
    });
  }

  it('sees the same dropout in both passes of gradient caching', async () => {
    const fused = await compute('bert', true, { microBatchTokens: 35 });
    const cached = await compute('bert', true, { microBatchTokens: 35, fusedTokens: 70 });
    const plain = await compute('bert', false, { microBatchTokens: 35 });
    expect(Math.abs(fused.result.loss - plain.result.loss)).toBeGreaterThan(1e-4);
    expect(Math.abs(cached.result.loss - fused.result.loss)).toBeLessThan(1e-5);
    expect(error(fused.result, cached.result)).toBeLessThan(1e-5);
  });

  it('gives the loss and the embeddings without dropout', async () => {
    const { gradients, input, weights } = await setup('bert', true, { microBatchTokens: 35 });
    const plain = await compute('bert', false, { microBatchTokens: 35 });
    const { loss, parts } = await gradients.loss(input, weights);
    expect(Math.abs(loss - plain.result.loss)).toBeLessThan(1e-5);
    expect(Object.keys(parts)).toEqual(['infonce', 'triplet', 'classification']);
    const all = await gradients.encode(input.prompts, weights);
    const first = await gradients.encode(input.prompts.slice(0, 1), weights);
    expect(all.length).toBe(input.prompts.length * first.length);
    expect(Math.max(...first.map((value, i) => Math.abs(value - (all[i] as number))))).toBeLessThan(1e-5);
    await gradients.dispose();
  });
});
