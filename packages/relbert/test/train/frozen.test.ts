import { describe, expect, it } from 'vitest';
import { buildEncoder, type EncoderGraph } from '../../src/models/encoder.ts';
import { train } from '../../src/train/fine-tuning.ts';
import { trainedWeights } from '../../src/train/frozen.ts';
import { memoryStore } from './memory-store.ts';
import { tinyModel } from './tiny.ts';
import { tinyRun } from './tiny-run.ts';

const graphOf = async (family: string): Promise<EncoderGraph> => buildEncoder((await tinyModel(family)).config);

/** Names of the weights that are not trained. */
async function frozen(family: string, options: Parameters<typeof trainedWeights>[1]): Promise<string[]> {
  const whole = await graphOf(family);
  const trained = trainedWeights(whole, options);
  return whole.stored.map(({ name }) => name).filter((name) => !trained.has(name));
}

const bertEmbeddings = [
  'embeddings.word_embeddings.weight',
  'embeddings.position_embeddings.weight',
  'embeddings.token_type_embeddings.weight',
  'embeddings.LayerNorm.weight',
  'embeddings.LayerNorm.bias',
];

describe('trainedWeights', () => {
  it('are all weights without freezing', async () => {
    for (const family of ['bert', 'albert-v2', 'mpnet']) expect(await frozen(family, {})).toEqual([]);
  });

  it('lack only the embeddings if those are frozen', async () => {
    expect(await frozen('bert', { embeddings: true })).toEqual(bertEmbeddings);
    const mpnet = await frozen('mpnet', { embeddings: true });
    expect(mpnet).toEqual(bertEmbeddings.filter((name) => !name.includes('token_type')));
    const albert = await frozen('albert-v2', { embeddings: true });
    expect(albert).toHaveLength(7);
    for (const name of albert) expect(name).toMatch(/^embeddings\.|^encoder\.embedding_hidden_mapping_in\./);
  });

  it('lack the lowest layers and the embeddings', async () => {
    const one = await frozen('bert', { layers: 1 });
    expect(one.slice(0, 5)).toEqual(bertEmbeddings);
    expect(one).toHaveLength(5 + 16);
    for (const name of one.slice(5)) expect(name).toMatch(/^encoder\.layer\.0\./);
    expect(await frozen('mpnet', { layers: 1 })).toContain('encoder.relative_attention_bias.weight');
  });

  it('keep weights that a frozen and a trained layer share', async () => {
    // Two layers of group 0, used twice over, then two of group 1.
    const embeddings = await frozen('albert-v2', { embeddings: true });
    expect(await frozen('albert-v2', { layers: 2 })).toEqual(embeddings);
    const three = await frozen('albert-v2', { layers: 3 });
    expect(three.slice(embeddings.length)).toHaveLength(16);
    for (const name of three.slice(embeddings.length)) {
      expect(name).toMatch(/^encoder\.albert_layer_groups\.0\.albert_layers\.0\./);
    }
  });

  it('refuse more layers than the model has, and values that are not counts', async () => {
    const bert = await graphOf('bert');
    for (const layers of [3, -1, 0.5]) {
      expect(() => trainedWeights(bert, { layers })).toThrow(
        new RangeError(`there are 2 layers to freeze, got ${layers}`),
      );
    }
  });

  it('refuse to be empty', async () => {
    for (const family of ['bert', 'albert-v2', 'mpnet']) {
      const whole = await graphOf(family);
      const { layers } = whole;
      for (const embeddings of [false, true]) {
        expect(() => trainedWeights(whole, { embeddings, layers })).toThrow('every weight is frozen');
      }
    }
  });
});

describe('a run with frozen embeddings', () => {
  it('changes every weight except the embeddings', async () => {
    const run = await tinyRun({ freezeEmbeddings: true, steps: 3, average: null, every: null, weightDecay: 0.1 });
    const same: string[] = [];
    for await (const event of train(run)) {
      if (event.kind !== 'done') continue;
      for (const [name, { data }] of event.weights) {
        const before = (await run.model.weights.get(name)).data;
        if (data.every((value, i) => value === before[i])) same.push(name);
      }
    }
    expect(same).toEqual(bertEmbeddings);
  });

  it('keeps the share of the starting weights that is asked for, also when it is resumed', async () => {
    const settings = { steps: 4, every: 2, metric: 'step', dropout: 0 } as const;
    const weights = async (more: object, options: object = {}) => {
      for await (const event of train({ ...(await tinyRun({ ...settings, ...more })), ...options })) {
        if (event.kind === 'done')
          return new Map([...event.weights].map(([name, { data }]) => [name, Array.from(data)]));
      }
      return new Map<string, number[]>();
    };
    const { model } = await tinyRun();
    const [trained, mixed] = [await weights({}), await weights({ initialShare: 0.25 })];
    const name = [...mixed.keys()].find((weight) => weight.includes('query.weight')) as string;
    const initial = (await model.weights.get(name)).data;
    const expected = trained.get(name)?.map((value, i) => 0.75 * value + 0.25 * (initial[i] as number)) ?? [];
    expect(trained.get(name)?.[0]).not.toBeCloseTo(initial[0] as number, 5);
    for (const [i, value] of (mixed.get(name) ?? []).entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
    const store = memoryStore();
    const stop = new AbortController();
    const interrupted = train({
      ...(await tinyRun({ ...settings, initialShare: 0.25 })),
      ...{ store, signal: stop.signal },
    });
    await expect(
      (async () => {
        for await (const event of interrupted)
          if (event.kind === 'step' && event.step === 3) stop.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
    expect(store.saved.get('last')?.progress.step).toBe(3);
    expect(await weights({ initialShare: 0.25 }, { store, resume: true })).toEqual(mixed);
  });

  it('does not start with fewer layers than are to be frozen', async () => {
    const run = train(await tinyRun({ freezeLayers: 9 }));
    await expect(run.next()).rejects.toThrow('there are 2 layers to freeze, got 9');
  });
});
