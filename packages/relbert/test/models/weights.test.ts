import { describe, expect, test } from 'vitest';
import { parameterData } from '../../src/encoder/weighted-session.ts';
import { buildEncoder, storedParameters } from '../../src/models/encoder.ts';
import { resolveWeightNames, WeightError } from '../../src/models/weights.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { equalInputs, families, golden } from './golden.ts';

const { config, stored } = golden('bert');
const names = storedParameters(config).map(({ name }) => name);
const shapes = new Map(storedParameters(config).map(({ name, shape }) => [name, shape]));

function file(rename: (name: string) => string, extra: Record<string, readonly number[]> = {}) {
  const held = new Map<string, readonly number[]>([
    ...Object.entries(extra),
    ...names.map((name) => [rename(name), shapes.get(name) as readonly number[]] as const),
  ]);
  return { names: [...held.keys()], shape: (name: string) => held.get(name) };
}

describe('names', () => {
  test.each(families)('%s: every weight of the fixture is found, heads and poolers are left', (family) => {
    const reference = golden(family);
    const resolved = resolveWeightNames(reference.config, reference.stored);
    expect([...resolved.keys()].toSorted()).toEqual([...reference.gradients.keys()].toSorted());
    expect(new Set(resolved.values()).size).toBe(resolved.size);
  });

  test.each(['', 'bert.', 'model.', 'module.bert.', '0.auto_model.'])("prefix '%s'", (prefix) => {
    const resolved = resolveWeightNames(
      config,
      file((name) => prefix + name, { 'cls.predictions.bias': [3], 'pooler.dense.weight': [24, 24] }),
    );
    for (const name of names) expect(resolved.get(name)).toBe(prefix + name);
  });

  test('gamma and beta', () => {
    const old = (name: string) =>
      `bert.${name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')}`;
    const resolved = resolveWeightNames(config, file(old));
    expect(resolved.get('embeddings.LayerNorm.weight')).toBe('bert.embeddings.LayerNorm.gamma');
    expect(resolved.get('encoder.layer.1.output.LayerNorm.bias')).toBe('bert.encoder.layer.1.output.LayerNorm.beta');
    expect(resolved.get('encoder.layer.1.output.dense.bias')).toBe('bert.encoder.layer.1.output.dense.bias');
  });

  test('word embeddings that stand only in the head', () => {
    const tied = (name: string) =>
      name.startsWith('embeddings.word') ? 'cls.predictions.decoder.weight' : `bert.${name}`;
    expect(resolveWeightNames(config, file(tied)).get('embeddings.word_embeddings.weight')).toBe(
      'cls.predictions.decoder.weight',
    );
  });

  test('the base model is preferred to the head', () => {
    const head = { 'cls.predictions.decoder.weight': [1, 1] };
    const resolved = resolveWeightNames(
      config,
      file((name) => `bert.${name}`, head),
    );
    expect(resolved.get('embeddings.word_embeddings.weight')).toBe('bert.embeddings.word_embeddings.weight');
  });
});

describe('what does not fit', () => {
  test('a missing tensor is named with its shape', () => {
    const lost = 'encoder.layer.1.intermediate.dense.weight';
    const found = file((name) => `bert.${name}`);
    const weights = { ...found, names: found.names.filter((name) => name !== `bert.${lost}`) };
    expect(() => resolveWeightNames(config, weights)).toThrow(
      new WeightError(
        `the weights do not fit the configuration (bert, 2 layers): 'bert.${lost}' is missing: expected the shape [40, 24]`,
      ),
    );
  });

  test('a misshaped tensor is named with both shapes', () => {
    const found = file((name) => name);
    const weights = {
      ...found,
      shape: (name: string) => (name === 'embeddings.position_embeddings.weight' ? [512, 24] : found.shape(name)),
    };
    expect(() => resolveWeightNames(config, weights)).toThrow(
      "'embeddings.position_embeddings.weight' has the shape [512, 24], expected [64, 24]",
    );
  });

  test('several are counted', () => {
    expect(() => resolveWeightNames(config, { names: [], shape: () => undefined })).toThrow(
      `and ${names.length - 5} more`,
    );
  });

  test('weights of another family are no weights of this one', () => {
    const other = golden('distilbert');
    expect(() => resolveWeightNames(config, other.stored)).toThrow(/is missing/);
  });
});

test('each tensor is read once for all the parameters that are made of it', async () => {
  const reads: string[] = [];
  const counting = {
    ...stored,
    get: (name: string) => {
      reads.push(name);
      return stored.get(name);
    },
  };
  const int8 = { inputs: equalInputs(config, 1), weightBits: 8 } as const;
  const { parameters } = buildEncoder(config, { int8 });
  await parameterData(nodeRuntime(), { parameters, config, weights: counting });
  expect(reads.toSorted()).toEqual([...resolveWeightNames(config, stored).values()].toSorted());
});
