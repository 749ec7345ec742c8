import { describe, expect, it } from 'vitest';
import { candidateTokens } from '../../src/search/candidate.ts';
import { TriggerWriter } from '../../src/search/trigger-prompt.ts';
import { PromptGradient } from '../../src/train/prompt-gradient.ts';
import { type TripletBatch, tripletBatches } from '../../src/train/triplet-batch.ts';
import { keptSessions } from '../kept-sessions.ts';
import { lossOf, tinyModel, wordRelations } from '../search/model.ts';

const runtime = keptSessions();
const relations = wordRelations(12);
const model = await tinyModel('bert', 'average');

describe('the gradient of a prompt', () => {
  const counts = { begin: 1, middle: 1, end: 0 };
  const [batch] = tripletBatches({ relations, seed: 2 });

  it.each(['bert', 'roberta', 'albert-v2'])('%s: is that of the loss of the prompt itself', async (family) => {
    const on = await tinyModel(family);
    const tokens = candidateTokens(on.tokenizer);
    const triggers = [tokens[20] as number, tokens[40] as number];
    const writer = new TriggerWriter(on.tokenizer, on.config.vocabularySize, counts, '2023');
    const { config, weights, pooling } = on;
    const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 2, threads: 1 });
    const vectors = gradient.vectorsOf(triggers);
    const parts = [batch as NonNullable<typeof batch>];
    const soft = writer.softEncoder(triggers);
    const at = await gradient.mean(parts, soft, vectors);
    // Tokens and their vectors are the same prompt, on the fused graph and on the differentiable one.
    const loss = await lossOf(on, runtime);
    expect(at.loss).toBeCloseTo(await loss.mean(parts, writer.encoder(triggers)), 5);
    expect(await gradient.loss(parts, soft, vectors)).toBeCloseTo(at.loss, 5);
    // Central differences along the gradient and along another direction.
    for (const direction of [at.gradient, at.gradient.map((_, i) => Math.sin(i * 1.7))]) {
      const norm = Math.hypot(...direction);
      const step = 2e-3;
      const moved = async (sign: number) => {
        const to = vectors.map((x, i) => x + (sign * step * (direction[i] as number)) / norm);
        return gradient.loss(parts, soft, to);
      };
      const slope = ((await moved(1)) - (await moved(-1))) / (2 * step);
      const expected = at.gradient.reduce((sum, x, i) => sum + (x * (direction[i] as number)) / norm, 0);
      expect(Math.abs(slope - expected)).toBeLessThan(0.03 * Math.hypot(...at.gradient) + 1e-4);
    }
    await gradient.dispose();
  });

  it('over batches of unequal size is that of all their triples at once', async () => {
    const { config, weights, pooling, tokenizer } = model;
    const parts = tripletBatches({ relations, seed: 2, relationsPerBatch: 4 });
    const sizes = parts.map(({ relationOf }) => relationOf.length);
    expect(new Set(sizes).size).toBeGreaterThan(1);
    const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 2, threads: 1 });
    const tokens = candidateTokens(tokenizer);
    const triggers = [tokens[20] as number, tokens[40] as number];
    const soft = new TriggerWriter(tokenizer, config.vocabularySize, counts, '2023').softEncoder(triggers);
    const vectors = gradient.vectorsOf(triggers);
    const whole = await gradient.ofBatch(joined(parts), soft, vectors);
    const mean = await gradient.mean(parts, soft, vectors);
    expect(mean.loss).toBeCloseTo(whole.loss, 5);
    expect(await gradient.loss(parts, soft, vectors)).toBeCloseTo(whole.loss, 5);
    const norm = Math.hypot(...whole.gradient);
    const distance = (other: Float32Array) => Math.hypot(...other.map((x, i) => x - (whole.gradient[i] as number)));
    expect(distance(mean.gradient)).toBeLessThan(1e-3 * norm);
    // Batches counted alike would be another gradient.
    const alike = new Float32Array(vectors.length);
    for (const part of parts) {
      const { gradient: own } = await gradient.ofBatch(part, soft, vectors);
      for (const [i, x] of own.entries()) alike[i] = (alike[i] as number) + x / parts.length;
    }
    expect(distance(alike)).toBeGreaterThan(1e-2 * norm);
    await gradient.dispose();
  });

  it('lets the event loop run, and stops when it is aborted', async () => {
    const { config, weights, pooling, tokenizer } = model;
    const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 2, threads: 1 });
    const { id } = tokenizer.special.mask;
    const soft = new TriggerWriter(tokenizer, config.vocabularySize, counts, '2023').softEncoder([id, id]);
    const vectors = gradient.vectorsOf([id, id]);
    const many = Array.from({ length: 200 }, () => batch as TripletBatch);
    for (const pass of ['loss', 'mean'] as const) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')));
      await expect(gradient[pass](many, soft, vectors, controller.signal)).rejects.toThrow('enough');
    }
    await gradient.dispose();
  });
});

/** Batches as one that holds the triples of all. */
function joined(batches: readonly TripletBatch[]): TripletBatch {
  const pairs = batches.flatMap((part) => part.pairs);
  const first = batches.map((_, i) => batches.slice(0, i).reduce((sum, part) => sum + part.pairs.length, 0));
  const places = (of: keyof TripletBatch['triples']) =>
    Int32Array.from(batches.flatMap(({ triples }, i) => [...triples[of]].map((place) => place + (first[i] as number))));
  return {
    pairs,
    triples: { anchors: places('anchors'), positives: places('positives'), negatives: places('negatives') },
    relationOf: Int32Array.from(batches.flatMap(({ relationOf }) => [...relationOf])),
    relations: Math.max(...batches.map((part) => part.relations)),
  };
}
