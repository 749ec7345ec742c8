import { describe, expect, it } from 'vitest';
import { PromptTooLongError } from '../../src/encoder/relation-encoder.ts';
import type { StoredWeights } from '../../src/models/weights.ts';
import { resolveWeightNames } from '../../src/models/weights.ts';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import { autoprompt } from '../../src/search/autoprompt.ts';
import type { AutopromptEvent, IterationEvent } from '../../src/search/autoprompt-event.ts';
import { candidateTokens, rankCandidates } from '../../src/search/candidate.ts';
import type { SearchState } from '../../src/search/search-state.ts';
import { TriggerWriter } from '../../src/search/trigger-prompt.ts';
import { PromptGradient } from '../../src/train/prompt-gradient.ts';
import { type PromptModel, validationBatches } from '../../src/train/prompt-problem.ts';
import { pTuning } from '../../src/train/soft-prompt/p-tuning.ts';
import { tripletBatches } from '../../src/train/triplet-batch.ts';
import { iterationsOf, model, problem, relations, run, runtime, validation } from './autoprompt-run.ts';
import { lossOf, tinyModel, wordRelations } from './model.ts';

function doneOf(events: readonly AutopromptEvent[]): AutopromptEvent & { kind: 'done' } {
  const last = events.at(-1);
  if (last?.kind !== 'done') throw new Error(`the last event is ${last?.kind}`);
  return last;
}

/** The model with another embedding of one token. */
async function planted(vector: Float32Array, token: number): Promise<PromptModel> {
  const { config, weights } = model;
  const name = resolveWeightNames(config, weights).get('embeddings.word_embeddings.weight');
  const changed: StoredWeights = {
    names: weights.names,
    shape: (tensor) => weights.shape(tensor),
    async get(tensor) {
      const { data } = await weights.get(tensor);
      if (tensor !== name) return { data };
      const table = data.slice();
      table.set(vector, token * config.embedding);
      return { data: table };
    },
  };
  return { ...model, weights: changed };
}

describe('autoprompt', () => {
  it('finds a planted optimum: the one token whose embedding minimises the loss', async () => {
    const counts = { begin: 1, middle: 0, end: 0 };
    let optimum: Float32Array | undefined;
    for await (const event of pTuning({
      ...problem,
      ...{ validation: [], counts, seed: 1, reparameterization: 'none', steps: 80, learningRate: 0.1, every: 40 },
    })) {
      if (event.kind === 'done') optimum = event.spec.vectors;
    }
    const token = 61;
    const on = await planted(optimum as Float32Array, token);
    // It is the best of all tokens, by trying each.
    const writer = new TriggerWriter(on.tokenizer, on.config.vocabularySize, counts, '2023');
    const loss = await lossOf(on, runtime);
    const training = tripletBatches({ relations, seed: 1, relationsPerBatch: 6 });
    const losses: [number, number][] = [];
    for (const id of candidateTokens(on.tokenizer)) losses.push([await loss.mean(training, writer.encoder([id])), id]);
    const [[, best]] = losses.sort(([a], [b]) => a - b) as [[number, number]];
    expect(best).toBe(token);
    // Found with a tenth of the vocabulary as candidates.
    for (const seed of [1, 2, 3]) {
      const events = await run({
        model: on,
        counts,
        k: 10,
        validation: [],
        seed,
        position: seed === 2 ? 'best' : 'random',
      });
      const done = doneOf(events);
      expect(done.best.triggers).toEqual([token]);
      const own = tripletBatches({ relations, seed, relationsPerBatch: 6 });
      expect(done.best.loss).toBeCloseTo(await loss.mean(own, writer.encoder([token])), 6);
      expect(done.spec).toEqual({ kind: 'trigger', top: [token], mid: [], bottom: [], layout: '2023' });
    }
  }, 60_000);

  it('takes the best of the candidates, not the one that the gradient ranks first', async () => {
    const counts = { begin: 1, middle: 1, end: 0 };
    const tokens = candidateTokens(model.tokenizer);
    const { config, weights, pooling, tokenizer } = model;
    const writer = new TriggerWriter(tokenizer, config.vocabularySize, counts, '2023');
    const training = tripletBatches({ relations, seed: 1, relationsPerBatch: 6 });
    const loss = await lossOf(model, runtime);
    const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 2, threads: 1 });
    let notFirst = 0;
    for (const [first, second] of [
      [20, 40],
      [3, 71],
    ] as const) {
      const initial = [tokens[first] as number, tokens[second] as number];
      const [found] = iterationsOf(
        await run({
          ...{ counts, initial, k: tokens.length - 1, iterations: 1, validation: [] },
          deviations: Number.POSITIVE_INFINITY,
        }),
      );
      if (!found) throw new Error('no iteration');
      const { position } = found;
      let [best, least] = [-1, Number.POSITIVE_INFINITY];
      for (const id of tokens) {
        const own = await loss.mean(training, writer.encoder(initial.with(position, id)));
        if (own < least) [best, least] = [id, own];
      }
      expect(found.id).toBe(best);
      expect(found.loss).toBeCloseTo(least, 6);
      const at = await gradient.mean(training, writer.softEncoder(initial), gradient.vectorsOf(initial));
      const [ranked] = rankCandidates({
        table: gradient.words,
        gradient: at.gradient.subarray(position * config.embedding, (position + 1) * config.embedding),
        tokens,
        current: initial[position] as number,
        k: 1,
      });
      if (ranked !== best) notFirst++;
    }
    expect(notFirst).toBeGreaterThan(0);
    await gradient.dispose();
  }, 60_000);

  it("looks at the trigger that promises most, with the position 'best'", async () => {
    const counts = { begin: 1, middle: 1, end: 1 };
    const { config, weights, pooling, tokenizer } = model;
    const tokens = candidateTokens(tokenizer);
    const writer = new TriggerWriter(tokenizer, config.vocabularySize, counts, '2023');
    const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 3, threads: 1 });
    const { words } = gradient;
    const width = config.embedding;
    const positions = new Set<number>();
    for (let seed = 0; seed < 6; seed++) {
      const initial = [0, 1, 2].map((i) => tokens[(seed * 7 + i * 31) % tokens.length] as number);
      const options = { counts, initial, seed, iterations: 1, k: 2, validation: [], position: 'best' } as const;
      const [event] = iterationsOf(await run(options));
      const training = tripletBatches({ relations, seed, relationsPerBatch: 6 });
      const { gradient: at } = await gradient.mean(training, writer.softEncoder(initial), gradient.vectorsOf(initial));
      // The largest (e_current - e_w) . gradient over all tokens w, by place.
      const promises = initial.map((current, place) => {
        const falls = tokens.map((token) => {
          let fall = 0;
          for (let e = 0; e < width; e++) {
            const step = (words[current * width + e] as number) - (words[token * width + e] as number);
            fall += step * (at[place * width + e] as number);
          }
          return fall;
        });
        return Math.max(...falls);
      });
      expect(event?.position).toBe(promises.indexOf(Math.max(...promises)));
      positions.add(event?.position as number);
    }
    expect(positions.size).toBeGreaterThan(1);
    await gradient.dispose();
  }, 60_000);

  it.each(['random', 'best'] as const)("keeps the only mask token for the pooling 'mask' (%s)", async (position) => {
    const on = await tinyModel('bert', 'mask');
    const counts = { begin: 1, middle: 1, end: 1 };
    const { mask } = on.tokenizer.special;
    const [first, last] = candidateTokens(on.tokenizer) as [number, number];
    const events = await run({ model: on, counts, position, initial: [first, mask.id, last], iterations: 40, k: 40 });
    const iterations = iterationsOf(events);
    expect(iterations.map((event) => event.position)).not.toContain(1);
    // Where neither of the two others can be improved the search ends.
    expect(events.at(-2)).toMatchObject({ kind: 'converged' });
    expect(iterations.slice(-3).map(({ improved }) => improved)).toEqual([true, false, false]);
    expect(doneOf(events).best.triggers[1]).toBe(mask.id);
  });

  it("may change a mask token for the pooling 'mask' while there is another", async () => {
    const on = await tinyModel('bert', 'mask');
    const events = await run({ model: on, counts: { begin: 1, middle: 1, end: 1 }, iterations: 40, k: 40 });
    const masks = iterationsOf(events).map(({ text }) => text.split(on.tokenizer.special.mask.text).length - 1);
    expect(masks[0]).toBeGreaterThan(1);
    expect(masks.at(-1)).toBe(1);
  });

  it("refuses a start in which the pooling 'mask' finds nothing to pool, or nothing to change", async () => {
    const on = await tinyModel('bert', 'mask');
    const tokens = candidateTokens(on.tokenizer);
    const counts = { begin: 1, middle: 1, end: 0 };
    await expect(run({ model: on, counts, initial: tokens.slice(0, 2) })).rejects.toThrow(
      /'mask' needs a mask token, and the prompt that the search starts from has none/,
    );
    await expect(run({ model: on, counts: { begin: 1, middle: 0, end: 0 } })).rejects.toThrow(
      /and there is only 1 trigger/,
    );
  });

  it('tells how far it is with all that takes long', async () => {
    const events = await run({ iterations: 3, relationsPerBatch: 4 });
    const start = events.findIndex(({ kind }) => kind === 'start');
    const trained = tripletBatches({ relations, seed: 1, relationsPerBatch: 4 }).length;
    const held = validationBatches(validation).length;
    const passes = (from: number, to: number) =>
      events.slice(from, to).flatMap((event) => (event.kind === 'measuring' ? [event] : []));
    const pass = (what: string, batches: number) =>
      Array.from({ length: batches }, (_, i) => ({ kind: 'measuring', what, batch: i + 1, batches }));
    expect(trained).toBeGreaterThan(1);
    expect(passes(0, start)).toEqual([...pass('loss', trained), ...pass('validation', held)]);
    const first = events.findIndex(({ kind }) => kind === 'screening');
    expect(passes(start, first)).toEqual(pass('gradient', trained));
    const improved = iterationsOf(events).find((event) => event.improved) as IterationEvent;
    const at = events.indexOf(improved);
    expect(passes(at - held, at)).toEqual(pass('validation', held));
  });

  it.each(['relations', 'validation'] as const)('refuses %s with a pair longer than the model takes', async (which) => {
    const long = wordRelations(12, { seed: 9 }).map((set) => ({
      ...set,
      positives: set.positives.map((pair, i) => (i === 0 ? { ...pair, head: 'paris '.repeat(60).trim() } : pair)),
    }));
    // 4 triggers, 60 words, [CLS] and [SEP] alone are more than the 64 of this model.
    await expect(run({ [which]: long })).rejects.toThrow(PromptTooLongError);
    await expect(run({ [which]: long })).rejects.toThrow(/"paris paris .* tokens, 64 are allowed/);
  });

  it('improves the loss, never makes it worse, and gives the best prompt by validation', async () => {
    const events = await run({ iterations: 12 });
    const start = events.find((event) => event.kind === 'start');
    if (start?.kind !== 'start') throw new Error('no start');
    expect(start.text).toBe('[MASK] [MASK] <subj> [MASK] <obj> [MASK]');
    const iterations = iterationsOf(events);
    let loss = start.loss as number;
    for (const event of iterations) {
      expect(event.before).toBeCloseTo(loss, 5);
      expect(event.improved).toBe(event.loss < event.before);
      loss = event.loss;
    }
    expect(loss).toBeLessThan((start.loss as number) - 1e-3);
    const validations = [start.validation, ...iterations.map((event) => event.validation)].filter(
      (x) => x !== undefined,
    );
    const { best } = doneOf(events);
    expect(best.validation).toBe(Math.min(...(validations as number[])));
  });

  it('goes on after any iteration to the same end', async () => {
    const whole = await run({ iterations: 8 });
    const { seconds: _, ...expected } = doneOf(whole);
    for (const stop of [1, 4, 7]) {
      let kept: SearchState | undefined;
      const store = {
        save: async (state: SearchState) => {
          kept = JSON.parse(JSON.stringify(state));
        },
        load: async () => kept,
      };
      // Left in the middle of an iteration: what the store has is what counts.
      for await (const event of autoprompt({
        ...problem,
        counts: { begin: 2, middle: 1, end: 1 },
        seed: 1,
        k: 20,
        iterations: 8,
        store,
      })) {
        if (event.kind === 'screening' && event.iteration > stop) break;
      }
      expect(kept?.iteration).toBe(stop);
      const rest = await run({ iterations: 8, store, resume: true });
      const { seconds: __, ...done } = doneOf(rest);
      expect(done).toEqual(expected);
      await expect(run({ iterations: 8, store, resume: true, k: 21 })).rejects.toThrow(/k: was 20, now 21/);
    }
  }, 60_000);

  it('ends when no token improves any place', async () => {
    const events = await run({ counts: { begin: 1, middle: 0, end: 1 }, iterations: 40, k: 60 });
    expect(events.at(-2)).toMatchObject({ kind: 'converged' });
    const tail = iterationsOf(events).slice(-2);
    expect(tail.map(({ improved }) => improved)).toEqual([false, false]);
    expect(new Set(tail.map(({ position }) => position)).size).toBe(2);
  }, 60_000);

  it('searches in the layout of 2021 too', async () => {
    const done = doneOf(await run({ iterations: 2, layout: '2021' }));
    expect(done.spec.layout).toBe('2021');
    const training = tripletBatches({ relations, seed: 1, relationsPerBatch: 6 });
    const loss = await lossOf(model, runtime);
    const lossIn = (layout: '2021' | '2023') =>
      loss.mean(training, (pair) => createPrompt({ ...done.spec, layout }, model.tokenizer).encode(pair));
    expect(done.best.loss).toBeCloseTo(await lossIn('2021'), 6);
    expect(Math.abs(done.best.loss - (await lossIn('2023')))).toBeGreaterThan(1e-3);
  });

  it('says what cannot be', async () => {
    await expect(run({ counts: { begin: 0, middle: 0, end: 0 } })).rejects.toThrow(/no triggers at all/);
    await expect(run({ k: 5000 })).rejects.toThrow(/k must be from 1 to the 95 tokens/);
    await expect(run({ counts: { begin: 70, middle: 0, end: 0 } })).rejects.toThrow(
      /leave no room for the words: the model takes 64/,
    );
    await expect(run({ initial: [5] })).rejects.toThrow(/starts from 4 tokens, got 1/);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const events = autoprompt({
      ...problem,
      counts: { begin: 2, middle: 0, end: 0 },
      seed: 1,
      k: 20,
      signal: controller.signal,
    });
    await expect(
      (async () => {
        for await (const event of events) if (event.kind === 'screening') controller.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
  });
});
