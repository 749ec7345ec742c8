import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ItemTriples, TripleSource } from '../../src/loss/loss-inputs.ts';
import { LOSS_NAMES, type LossTermInput } from '../../src/loss/losses.ts';
import type { TensorValue } from '../../src/runtime/session.ts';
import { buildObjective, LossGraph, type Matrix, objectiveFeeds, relativeError, runObjective } from './run-loss.ts';

/** Made by packages/reproduction/parity/losses.py. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/loss/golden.json', import.meta.url), 'utf8')) as {
  items: { pair: number; relation: number; category: number; positive: number }[];
  drawn: { relation: ItemTriples; category: ItemTriples };
  embeddings: Matrix;
  teacher: Matrix;
  weight: number[];
  bias: number[];
  cases: {
    triples: TripleSource;
    terms: LossTermInput[];
    loss: number;
    gradient: Matrix;
    weight?: number[];
    bias?: number[];
  }[];
};
const batch = {
  items: golden.items.map((item) => ({ ...item, positive: item.positive === 1 })),
  triples: golden.drawn,
};
const head = { weight: golden.weight, bias: golden.bias };
const caseOf = ({ terms, triples }: (typeof golden.cases)[number]) => ({
  terms,
  triples,
  batch,
  head,
  embeddings: golden.embeddings,
  ...(terms.some((term) => term.name === 'similarity') && { teacher: golden.teacher }),
});
const named = golden.cases.map((one) => [`${one.triples} ${JSON.stringify(one.terms)}`, one] as const);

describe('losses and gradients equal those of PyTorch', () => {
  it('for every loss', () => {
    expect(new Set(golden.cases.flatMap(({ terms }) => terms.map(({ name }) => name)))).toEqual(new Set(LOSS_NAMES));
  });

  it.each(named)('%s', async (_, one) => {
    const { loss, gradients } = await runObjective(caseOf(one));
    const [embeddings, weight, bias] = gradients;
    expect(Math.abs(loss / one.loss - 1)).toBeLessThan(1e-5);
    expect(relativeError(embeddings as Float32Array, one.gradient.flat())).toBeLessThan(2e-5);
    if (one.weight) expect(relativeError(weight as Float32Array, one.weight)).toBeLessThan(1e-5);
    if (one.bias) expect(relativeError(bias as Float32Array, one.bias)).toBeLessThan(1e-5);
  });
});

describe('gradients equal central differences', () => {
  it.each(named)('%s', async (_, one) => {
    const given = caseOf(one);
    const built = buildObjective(given);
    await using graph = await LossGraph.load(built.loss, [built.embeddings, ...built.head]);
    const feeds = objectiveFeeds(given);
    const names = ['embeddings', 'head.weight', 'head.bias'].slice(0, 1 + built.head.length);
    const { gradients } = await graph.run(feeds);
    expect(gradients).toHaveLength(names.length);
    for (const [place, name] of names.entries()) {
      const gradient = gradients[place] as Float32Array;
      const { shape, data } = feeds[name] as TensorValue;
      // Along directions rather than element by element: the difference is larger than the rounding of float32.
      for (const seed of [1, 2, 3]) {
        const direction = gradient.map((g, i) => g + (norm(gradient) / 40) * Math.sin(seed * 100 + 7 * i));
        const step = 2e-3 / norm(direction);
        const at = async (sign: number) => {
          const moved = Float32Array.from(data as Float32Array, (x, i) => x + sign * step * (direction[i] as number));
          return (await graph.run({ ...feeds, [name]: { dtype: 'float32', shape, data: moved } })).loss;
        };
        const numeric = ((await at(1)) - (await at(-1))) / (2 * step);
        const exact = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
        expect(Math.abs(numeric / exact - 1), name).toBeLessThan(1e-2);
      }
    }
  });
});

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
