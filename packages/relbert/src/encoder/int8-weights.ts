import { int8Parts } from '../formats/int8-tensor.ts';
import type { TensorToWrite } from '../formats/safetensors-write.ts';
import { isFloatType } from '../formats/stored-type.ts';
import { buildEncoder } from '../models/encoder.ts';
import { type Int8Input, quantizeRows } from '../models/int8.ts';
import { resolveWeightNames } from '../models/weights.ts';
import type { Runtime } from '../runtime/session.ts';
import { calibrationPrompts, int8Inputs } from './calibration.ts';
import { type LanguageModel, relationModel } from './language-model.ts';

/**
 * The weights of a model in 8 bits, for `model.int8.safetensors` (formats/int8-tensor.ts): matrices with a scale a row,
 * those of linear layers with what a product in 8 bits needs, and the rest in float32. The ranges of activations are
 * those over calibration prompts of the model's prompt and of the template `a`.
 *
 * @param runtime computes the ranges
 * @throws CheckpointError or WeightError for weights that cannot be used
 */
export async function int8Tensors(model: LanguageModel, runtime: Runtime): Promise<TensorToWrite[]> {
  const { config, weights, maxLength } = model;
  const prompts = [relationModel(model), relationModel(model, { template: 'a' })].flatMap(({ prompt }) =>
    prompt.vectors ? [] : calibrationPrompts(prompt, maxLength),
  );
  const inputs = await int8Inputs({ config, weights, runtime, prompts });
  const names = resolveWeightNames(config, weights);
  const inputOf = new Map<string, Int8Input>();
  for (const layer of buildEncoder(config).linearInputs.values()) {
    const input = inputs.get(layer[0]?.name ?? '');
    for (const { name } of layer) if (input) inputOf.set(names.get(name) as string, input);
  }
  const tensors: TensorToWrite[] = [];
  for (const [name, { shape, type, bytes }] of weights.store) {
    if (!isFloatType(type)) tensors.push({ name, shape, type, data: bytes });
    else if (shape.length !== 2) {
      tensors.push({ name, shape, type: 'F32', data: async () => (await weights.get(name)).data });
    } else tensors.push(...matrix(name, (await weights.get(name)).data, shape, inputOf.get(name)));
  }
  return tensors;
}

function matrix(name: string, data: Float32Array, shape: readonly number[], input?: Int8Input): TensorToWrite[] {
  const { factors, centres } = input?.kind === 'features' ? input : {};
  const { w, scale, offset } = quantizeRows(data, shape[0] as number, { factors, centres });
  const zero = input?.kind === 'rows' ? Float32Array.of(input.zero, input.least) : undefined;
  const parts = { scale, factors, centres, offset: centres && offset, zero };
  return [
    { name, shape, type: 'I8', data: async () => new Uint8Array(w.buffer) },
    ...int8Parts.flatMap((part): TensorToWrite[] => {
      const values = parts[part];
      if (!values) return [];
      return [{ name: `${name}.${part}`, shape: [values.length], type: 'F32', data: async () => values }];
    }),
  ];
}
