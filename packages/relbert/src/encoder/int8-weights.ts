import { type Int8Source, int8Parts } from '../formats/int8-tensor.ts';
import type { TensorToWrite } from '../formats/safetensors-write.ts';
import { isFloatType } from '../formats/stored-type.ts';
import { input, serialize } from '../graph/index.ts';
import { buildEncoder } from '../models/encoder.ts';
import { type Int8Input, quantizeRows } from '../models/int8.ts';
import { resolveWeightNames } from '../models/weights.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, TensorValue } from '../runtime/session.ts';
import { calibrationPrompts, int8Inputs, storedInputs } from './calibration.ts';
import { type LanguageModel, relationModel } from './language-model.ts';

/**
 * The weights of a model in 8 bits, for `model.int8.safetensors` (formats/int8-tensor.ts): matrices with a scale a row,
 * those of linear layers with what a product in 8 bits needs, and the rest in float32. The ranges of activations are
 * those over calibration prompts of the model's prompt and of the template `a`. A checkpoint that has all of this already
 * is copied as it is.
 *
 * @param runtime computes the ranges
 * @throws CheckpointError or WeightError for weights that cannot be used; the signal's reason when aborted
 */
export async function int8Tensors(
  model: LanguageModel,
  runtime: Runtime,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TensorToWrite[]> {
  const { config, weights, maxLength } = model;
  const prompts = () =>
    [relationModel(model), relationModel(model, { template: 'a' })].flatMap(({ prompt }) =>
      prompt.vectors ? [] : calibrationPrompts(prompt, maxLength),
    );
  const stored = await storedInputs(config, weights);
  const inputs = stored ?? (await int8Inputs({ config, weights, runtime, prompts: prompts(), signal }));
  const names = resolveWeightNames(config, weights);
  const inputOf = new Map<string, Int8Input>();
  for (const layer of buildEncoder(config).linearInputs.values()) {
    const input = inputs.get(layer[0]?.name ?? '');
    for (const { name } of layer) if (input) inputOf.set(names.get(name) as string, input);
  }
  const tensors: TensorToWrite[] = [];
  for (const [name, { shape, type, bytes }] of weights.store) {
    if (signal) await eventLoopTurn(signal);
    const integers = stored && weights.int8.get(name);
    if (integers) tensors.push(...(await copied(name, shape, integers)));
    else if (!isFloatType(type)) tensors.push({ name, shape, type, data: bytes });
    else if (shape.length !== 2) {
      tensors.push({ name, shape, type: 'F32', data: async () => (await weights.get(name)).data });
    } else tensors.push(...(await matrix(runtime, name, { ...(await weights.get(name)), shape }, inputOf.get(name))));
  }
  return tensors;
}

type Parts = { [P in (typeof int8Parts)[number]]?: Float32Array | undefined };

/** Rounding integers' values again would change them. */
async function copied(name: string, shape: readonly number[], source: Int8Source): Promise<TensorToWrite[]> {
  const parts: Parts = {};
  for (const part of int8Parts) parts[part] = await source.part(part);
  return written(name, shape, () => source.part('w'), parts);
}

async function matrix(
  runtime: Runtime,
  name: string,
  value: TensorValue,
  range: Int8Input | undefined,
): Promise<TensorToWrite[]> {
  const { shape } = value;
  const { factors, centres } = range?.kind === 'features' ? range : {};
  const outputs = { ...quantizeRows(input('weight', 'float32', shape), { factors, centres }) };
  await using session = await runtime.createSession(serialize({ outputs }), { prepacking: false });
  const results = await session.run({ weight: value });
  const part = (name: keyof typeof outputs) => (results[name] as TensorValue).data;
  const [w, scale, offset] = [part('w') as Int8Array, part('scale') as Float32Array, part('offset') as Float32Array];
  const zero = range?.kind === 'rows' ? Float32Array.of(range.zero, range.least) : undefined;
  const parts = { scale, factors, centres, offset: centres && offset, zero };
  return written(name, shape, async () => w, parts);
}

function written(
  name: string,
  shape: readonly number[],
  integers: () => Promise<Int8Array>,
  parts: Parts,
): TensorToWrite[] {
  const data = async () => {
    const { buffer, byteOffset, byteLength } = await integers();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return [
    { name, shape, type: 'I8', data },
    ...int8Parts.flatMap((part): TensorToWrite[] => {
      const values = parts[part];
      if (!values) return [];
      return [{ name: `${name}.${part}`, shape: [values.length], type: 'F32', data: async () => values }];
    }),
  ];
}
