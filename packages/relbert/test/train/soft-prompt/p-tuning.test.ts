import { describe, expect, it } from 'vitest';
import { PromptTooLongError } from '../../../src/encoder/relation-encoder.ts';
import { createPrompt } from '../../../src/prompt/create-prompt.ts';
import { manualTemplates } from '../../../src/prompt/template.ts';
import { validationBatches } from '../../../src/train/prompt-problem.ts';
import type { PTuningEvent } from '../../../src/train/soft-prompt/p-tuning.ts';
import { type PTuningOptions, pTuning } from '../../../src/train/soft-prompt/p-tuning.ts';
import { keptSessions } from '../../kept-sessions.ts';
import { lossOf, tinyModel, wordRelations } from '../../search/model.ts';
import { memoryStore } from '../memory-store.ts';

const runtime = keptSessions();
const model = await tinyModel('bert', 'average');
const validation = wordRelations(12, { seed: 9 });
const problem = { model, relations: wordRelations(12), validation, runtime, threads: 1, relationsPerBatch: 6, seed: 1 };
const counts = { begin: 2, middle: 1, end: 1 };

async function run(options: Partial<PTuningOptions> = {}): Promise<PTuningEvent[]> {
  const events: PTuningEvent[] = [];
  for await (const event of pTuning({ ...problem, counts, steps: 30, learningRate: 1e-2, ...options }))
    events.push(event);
  return events;
}

function doneOf(events: readonly PTuningEvent[]): PTuningEvent & { kind: 'done' } {
  const last = events.at(-1);
  if (last?.kind !== 'done') throw new Error(`the last event is ${last?.kind}`);
  return last;
}

describe('pTuning', () => {
  it.each(['none', 'mlp', 'lstm'] as const)(
    '%s: ends with a lower validation loss than it started from',
    async (reparameterization) => {
      const events = await run({ reparameterization });
      const { best, first } = doneOf(events);
      const losses = events.flatMap((event) => (event.kind === 'validation' ? [event.value] : []));
      expect(losses).toHaveLength(4);
      expect(first).toBe(losses[0]);
      expect(best?.value).toBe(Math.min(...losses));
      expect(best?.value).toBeLessThan((first ?? 0) - 1e-3);
    },
  );

  it('lowers the validation loss below the best manual template', async () => {
    const loss = await lossOf(model, runtime);
    const manual: number[] = [];
    for (const text of Object.values(manualTemplates)) {
      const prompt = createPrompt({ kind: 'template', text }, model.tokenizer);
      manual.push(await loss.mean(validationBatches(validation), (pair) => prompt.encode(pair)));
    }
    expect(doneOf(await run({ steps: 60 })).best?.value).toBeLessThan(Math.min(...manual));
  });

  it('gives the same bits again, and after an interruption at any step', async () => {
    const expected = doneOf(await run());
    for (const stop of [1, 10, 14, 27]) {
      const store = memoryStore();
      for await (const event of pTuning({ ...problem, counts, steps: 30, learningRate: 1e-2, store })) {
        if (event.kind === 'step' && event.step === stop) break;
      }
      expect(store.saved.get('last')?.progress.step).toBe(Math.floor((stop - 1) / 10) * 10);
      const { seconds: _, ...done } = doneOf(await run({ store, resume: true }));
      const { seconds: __, ...whole } = expected;
      expect(done).toEqual(whole);
      await expect(run({ store, resume: true, learningRate: 1e-3 })).rejects.toThrow(
        /learningRate: was 0.01, now 0.001/,
      );
    }
  });

  it('validates at a step where it was stopped before it could', async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const options = { ...problem, counts, steps: 30, learningRate: 1e-2, store };
    await expect(
      (async () => {
        for await (const event of pTuning({ ...options, signal: controller.signal })) {
          if (event.kind === 'step' && event.step === 20) controller.abort(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
    expect(store.saved.get('last')?.progress).toMatchObject({ step: 20, checked: 10 });
    const rest = await run({ store, resume: true });
    expect(rest.flatMap((event) => (event.kind === 'validation' ? [event.step] : []))).toEqual([20, 30]);
    const { seconds: _, ...done } = doneOf(rest);
    const { seconds: __, ...whole } = doneOf(await run());
    expect(done).toEqual(whole);
  });

  it('keeps its steps where it is stopped during a validation', async () => {
    for (const step of [0, 10]) {
      const store = memoryStore();
      const controller = new AbortController();
      const heard: string[] = [];
      let steps = 0;
      const options = { ...problem, counts, steps: 30, store, signal: controller.signal };
      await expect(
        (async () => {
          for await (const event of pTuning(options)) {
            if (event.kind === 'step') steps = event.step;
            if (controller.signal.aborted) heard.push(event.kind);
            if (event.kind === 'measuring' && steps === step) controller.abort(new Error('enough'));
          }
        })(),
      ).rejects.toThrow('enough');
      expect(heard).toEqual([]);
      expect(store.saved.get('last')?.progress).toMatchObject({ step, checked: step === 0 ? -1 : 0 });
    }
  });

  it.each(['relations', 'validation'] as const)('refuses %s with a pair longer than the model takes', async (which) => {
    const long = wordRelations(12, { seed: 9 }).map((set) => ({
      ...set,
      positives: set.positives.map((pair, i) => (i === 0 ? { ...pair, head: 'paris '.repeat(60).trim() } : pair)),
    }));
    await expect(run({ [which]: long })).rejects.toThrow(PromptTooLongError);
    await expect(run({ [which]: long })).rejects.toThrow(/"paris paris .* tokens, 64 are allowed/);
  });

  it('refuses invalid options, and stops when it is aborted', async () => {
    await expect(run({ counts: { begin: 0, middle: 0, end: 0 } })).rejects.toThrow(/no triggers at all/);
    await expect(run({ counts: { begin: 61, middle: 0, end: 0 } })).rejects.toThrow(/61 vectors leave no room/);
    const controller = new AbortController();
    await expect(
      (async () => {
        for await (const event of pTuning({ ...problem, counts, signal: controller.signal })) {
          if (event.kind === 'step') controller.abort(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
  });
});
