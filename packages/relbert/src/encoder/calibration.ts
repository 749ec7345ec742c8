import {
  cast,
  constant,
  input,
  matMulIntegerToFloat,
  reduceMax,
  reduceMin,
  scalar,
  serialize,
  slice,
  type Tensor,
  unsqueeze,
  where,
} from '../graph/index.ts';
import type { EncoderConfig } from '../models/config.ts';
import { buildEncoder } from '../models/encoder.ts';
import { type InputRange, type Int8Input, type Int8Options, int8Input } from '../models/int8.ts';
import type { StoredParameter } from '../models/parameter.ts';
import { resolveWeightNames, type StoredWeights } from '../models/weights.ts';
import type { EncodedPrompt, Prompt } from '../prompt/prompt.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, TensorValues } from '../runtime/session.ts';
import { byLength } from './by-length.ts';
import { weightedSession } from './weighted-session.ts';

/**
 * Of 625 pairs, those that widened the ranges of five models most, one after the other, as reproduction's script
 * choose-calibration-pairs.ts does among other pairs: nearly all are of long words, whose prompts hold many different tokens.
 * Nearly as wide as 36 pairs of everyday words, in less than half of the tokens.
 */
const calibrationPairs =
  'vitiligo:hypopigmentation perceptible:imperceptible photosynthesis:chlorophyll patrolman:embezzle ' +
  'self-esteem:self-pride mesquit:xylem Mauritania:Mauritanian schematize:organise humorlessly:humorously ' +
  'pharynx:laryngopharynx demonstrator:counterdemonstrator confused:single-foot';

/** Prompts for {@link calibrate}, written as the encoder's are and cut at the length that the model takes. */
export function calibrationPrompts(prompt: Prompt, maxLength: number): readonly EncodedPrompt[] {
  return calibrationPairs
    .split(' ')
    .map((pair) => prompt.encode({ head: pair.slice(0, pair.indexOf(':')), tail: pair.slice(pair.indexOf(':') + 1) }))
    .map((encoded) => ({ ...encoded, ids: encoded.ids.slice(0, maxLength) }));
}

export interface CalibrationOptions {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly runtime: Runtime;
  readonly prompts: readonly EncodedPrompt[];
  /** Soft-prompt vectors [count, E]. */
  readonly softPrompt?: Float32Array | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What 8-bit products need to know: how their inputs are written as integers, by their ranges over prompts or as the
 * checkpoint says, and the bits of a weight on this machine.
 *
 * @throws the signal's reason when aborted
 */
export async function calibrate(options: CalibrationOptions): Promise<Int8Options> {
  const { config, weights, runtime } = options;
  const bits = await weightBits(runtime);
  const stored = await storedInputs(config, weights);
  return { inputs: stored ?? (await int8Inputs(options)), weightBits: bits, asStored: stored !== undefined };
}

/** The inputs as a checkpoint of 8 bits has them; undefined where not every layer's is there. */
export async function storedInputs(
  config: EncoderConfig,
  weights: StoredWeights,
): Promise<ReadonlyMap<string, Int8Input> | undefined> {
  if (!weights.int8?.size) return undefined;
  const names = resolveWeightNames(config, weights);
  const inputs = new Map<string, Int8Input>();
  for (const layer of buildEncoder(config).linearInputs.values()) {
    const [first] = layer;
    const source = first && weights.int8.get(names.get(first.name) ?? '');
    if (!first || !source) return undefined;
    const [factors, centres, zero] = await Promise.all(
      (['factors', 'centres', 'zero'] as const).map((part) => source.part(part)),
    );
    const input: Int8Input | undefined =
      factors && centres
        ? { kind: 'features', factors, centres }
        : zero && { kind: 'rows', zero: zero[0] as number, least: zero[1] as number };
    if (!input) return undefined;
    for (const { name } of layer) inputs.set(name, input);
  }
  return inputs;
}

/** The inputs of all linear layers by the names of their weights, from their ranges over prompts in float32. */
export async function int8Inputs(options: CalibrationOptions): Promise<Map<string, Int8Input>> {
  const { config, weights, runtime, prompts, softPrompt, threads, signal } = options;
  const graph = buildEncoder(config, { softPrompt });
  const ends = [...graph.linearInputs.keys()]
    .map((x) => ofTokens(x, graph.inputs.attentionMask))
    .flatMap((x, i) => {
      const places = x.shape.slice(0, -1).map((_, axis) => axis);
      return [
        [`low ${i}`, reduceMin(x, places)],
        [`high ${i}`, reduceMax(x, places)],
      ] as const;
    });
  const session = await weightedSession(
    runtime,
    { outputs: Object.fromEntries(ends), parameters: graph.parameters, config, weights },
    // For a few prompts.
    { prepacking: false, threads, signal },
  );
  const groups = sharingWeights(graph.linearInputs);
  try {
    for (const batch of batches(prompts, config.padId)) {
      const results = await session.run(batch);
      if (signal) await eventLoopTurn(signal);
      const found = (key: string) => results[key]?.data as Float32Array;
      for (const { inputs, range } of groups) {
        for (const i of inputs) {
          for (const [k, value] of found(`low ${i}`).entries()) range.low[k] = Math.min(range.low[k] as number, value);
          for (const [k, value] of found(`high ${i}`).entries())
            range.high[k] = Math.max(range.high[k] as number, value);
        }
      }
    }
  } finally {
    await session.dispose();
  }
  return new Map(
    groups.flatMap(({ weights: layer, range }) => {
      const input = int8Input(range, (layer[0] as StoredParameter).shape);
      return layer.map((weight) => [weight.name, input] as const);
    }),
  );
}

interface InputGroup {
  /** Numbers of the inputs. */
  readonly inputs: readonly number[];
  readonly weights: readonly StoredParameter[];
  /** Of all inputs together. */
  readonly range: InputRange;
}

/** Inputs that share a weight (those of ALBERT's layers, tokens and positions of DeBERTa) are written as integers alike. */
function sharingWeights(linearInputs: ReadonlyMap<Tensor, readonly StoredParameter[]>): InputGroup[] {
  let groups: Pick<InputGroup, 'inputs' | 'weights'>[] = [];
  for (const [i, layer] of [...linearInputs.values()].entries()) {
    const names = new Set(layer.map(({ name }) => name));
    const shares = ({ weights }: Pick<InputGroup, 'weights'>) => weights.some(({ name }) => names.has(name));
    const joined = groups.filter(shares);
    groups = [
      ...groups.filter((group) => !shares(group)),
      {
        inputs: [...joined.flatMap(({ inputs }) => inputs), i],
        weights: [...joined.flatMap(({ weights }) => weights), ...layer],
      },
    ];
  }
  return groups.map((group) => {
    const within = group.weights[0]?.shape[1] ?? 0;
    return {
      ...group,
      range: { low: new Float32Array(within).fill(Infinity), high: new Float32Array(within).fill(-Infinity) },
    };
  });
}

/** x [B, T, in] with the first token's values in place of what is computed for padding; others as they are. */
function ofTokens(x: Tensor, mask: Tensor): Tensor {
  if (x.shape[0] !== mask.shape[0] || x.shape[1] !== mask.shape[1]) return x;
  return where(cast(unsqueeze(mask, 2), 'bool'), x, slice(x, { axis: 1, end: 1 }));
}

/** Prompts computed together. */
const batchSize = 12;

/** Padded batches of prompts of near lengths. */
function* batches(prompts: readonly EncodedPrompt[], padId: number): Generator<TensorValues> {
  const order = byLength(prompts.map(({ ids }) => ids.length));
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.slice(start, start + batchSize).map((place) => (prompts[place] as EncodedPrompt).ids);
    const shape = [batch.length, (batch[0] as readonly number[]).length] as const;
    const padded = (of: (id: number | undefined) => number) =>
      BigInt64Array.from(batch.flatMap((ids) => Array.from({ length: shape[1] }, (_, t) => BigInt(of(ids[t])))));
    yield {
      input_ids: { dtype: 'int64', shape, data: padded((id = padId) => id) },
      attention_mask: { dtype: 'int64', shape, data: padded((id) => (id === undefined ? 0 : 1)) },
    };
  }
}

/** 8 where this machine adds 8-bit products in 32 bits; 7 where they are cut off at 16. */
async function weightBits(runtime: Runtime): Promise<7 | 8> {
  const [rows, within, out] = [4, 64, 16];
  const y = input('y', 'uint8', [rows, within]);
  const product = matMulIntegerToFloat(
    { y, scale: scalar(1), zeroPoint: constant(Uint8Array.of(0), []) },
    constant(new Int8Array(within * out).fill(127), [within, out]),
    constant(new Float32Array(out).fill(1), [out]),
  );
  await using session = await runtime.createSession(serialize({ outputs: { product } }));
  const data = new Uint8Array(rows * within).fill(255);
  const result = await session.run({ y: { dtype: 'uint8', shape: [rows, within], data } });
  return result['product']?.data[0] === 255 * 127 * within ? 8 : 7;
}
