import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parameterData } from '../../src/encoder/weighted-session.ts';
import { serialize, type Tensor } from '../../src/graph/index.ts';
import type { EncoderConfig } from '../../src/models/config.ts';
import { buildEncoder } from '../../src/models/encoder.ts';
import { type Int8Input, int8Input } from '../../src/models/int8.ts';
import type { GraphParameter, StoredParameter } from '../../src/models/parameter.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import type { StoredWeights } from '../../src/models/weights.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';
import type { TensorValue, TensorValues } from '../../src/runtime/session.ts';
import { readTensors } from './safetensors-file.ts';

/** Folders of test/fixtures/encoder, made by packages/reproduction/parity/encoders.py. */
export const families = [
  'bert',
  'roberta',
  'xlm-roberta',
  'albert-v1',
  'albert-v2',
  'distilbert',
  'mpnet',
  'electra',
  'modernbert',
  'modernbert-2024',
  'deberta-v2',
  'deberta-v2-plain',
] as const;

export interface Golden {
  readonly config: EncoderConfig;
  readonly stored: StoredWeights;
  readonly values: ReadonlyMap<string, TensorValue>;
  readonly gradients: ReadonlyMap<string, TensorValue>;
  readonly about: {
    readonly cases: readonly string[];
    readonly prompts: { readonly padded: readonly EncodedPrompt[]; readonly masked: readonly EncodedPrompt[] };
    readonly dropout: readonly number[];
  };
}

export function golden(family: string): Golden {
  const folder = new URL(`../fixtures/encoder/${family}/`, import.meta.url);
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  return {
    config: parseEncoderConfig(json('config.json')),
    stored: storedWeights(readTensors(new URL('model.safetensors', folder))),
    values: readTensors(new URL('golden.safetensors', folder)),
    gradients: readTensors(new URL('gradient.safetensors', folder)),
    about: json('golden.json') as Golden['about'],
  };
}

export function storedWeights(tensors: ReadonlyMap<string, TensorValue>): StoredWeights {
  return {
    names: [...tensors.keys()],
    shape: (name) => tensors.get(name)?.shape,
    get: async (name) => ({ data: floats(tensors.get(name)) }),
  };
}

export function floats(value: TensorValue | undefined): Float32Array {
  if (!(value?.data instanceof Float32Array)) throw new Error(`expected float32, got ${value?.dtype}`);
  return value.data;
}

export function value(golden: Golden, name: string): TensorValue {
  const found = golden.values.get(name);
  if (!found) throw new Error(`no golden value ${name}`);
  return found;
}

/** The inputs of a case: ids, mask and token types where it has them. */
export function caseInputs(golden: Golden, name: string): Record<string, TensorValue> {
  const inputs: Record<string, TensorValue> = {};
  for (const key of ['input_ids', 'attention_mask', 'token_type_ids']) {
    const found = golden.values.get(`${name}.${key}`);
    if (found) inputs[key] = found;
  }
  return inputs;
}

/** Runs a graph once; weights are stored in it, or fed as inputs. */
export async function runGraph(
  golden: Golden,
  parameters: readonly GraphParameter[],
  outputs: Readonly<Record<string, Tensor>>,
  inputs: TensorValues,
  weights: 'stored' | 'fed',
): Promise<Record<string, TensorValue>> {
  const { config, stored } = golden;
  const data = await parameterData(nodeRuntime(), { parameters, config, weights: stored });
  const fed = Object.fromEntries(
    parameters.map(({ name, dtype, shape }) => [name, { dtype, shape, data: data[name] } as TensorValue]),
  );
  const model = serialize({ outputs, ...(weights === 'stored' && { initializers: data }) });
  await using session = await nodeRuntime().createSession(model, { threads: 1 });
  return await session.run({ ...(weights === 'fed' && fed), ...inputs });
}

/** Largest absolute difference over the rows [..., width] whose mask is not 0. */
export function largestDifference(actual: TensorValue, expected: TensorValue, mask?: TensorValue): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [floats(actual), floats(expected)];
  const width = mask ? a.length / mask.data.length : 1;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (mask && Number(mask.data[Math.floor(i / width)]) === 0) continue;
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    // NaN must not pass as "not larger".
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Inputs of all linear layers in 8 bits, with the same range for every feature. */
export function equalInputs(config: EncoderConfig, largest: number): Map<string, Int8Input> {
  return new Map(
    [...buildEncoder(config).linearInputs.values()].flatMap((layer) => {
      const { shape } = layer[0] as StoredParameter;
      const high = new Float32Array(shape[1] as number).fill(largest);
      const input = int8Input({ low: high.map((value) => -value), high }, shape);
      return layer.map(({ name }) => [name, input] as const);
    }),
  );
}
