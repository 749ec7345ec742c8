/** A relation encoder as one ONNX file that needs nothing of this package: token ids in, relation embedding out. */

import { CheckpointError } from '../formats/checkpoint-error.ts';
import { floatToHalf } from '../formats/half-float.ts';
import { type ConstantData, cast, input, serialize, standardOperators } from '../graph/index.ts';
import { Substitution } from '../graph/substitute.ts';
import { buildEncoder } from '../models/encoder.ts';
import type { Int8Options } from '../models/int8.ts';
import { int8Weights, readParameters } from '../models/weights.ts';
import type { Runtime } from '../runtime/session.ts';
import { calibrate, calibrationPrompts } from './calibration.ts';
import { type LanguageModel, relationModel } from './language-model.ts';
import { OptionError } from './option-error.ts';
import { type Pooling, poolHidden, poolingFromTokens } from './pooling.ts';
import { parameterData } from './weighted-session.ts';

export interface ExportOnnxOptions {
  /** Default: the checkpoint's, else average_no_mask. */
  readonly pooling?: Pooling | undefined;
  /**
   * f32 (default); f16: weights stored in half the space, computed with in f32; int8: the matrix products of the layers
   * in 8 bits.
   */
  readonly dtype?: 'f32' | 'f16' | 'int8' | undefined;
  /**
   * `onnxruntime` (default): operators of ONNX Runtime where they are faster than their parts. `plain`: operators of the
   * ONNX standard only, for every other runtime.
   */
  readonly opset?: 'onnxruntime' | 'plain' | undefined;
  /** For int8: computes the ranges of activations. `nodeRuntime()` or `webRuntime()`. */
  readonly runtime?: Runtime | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OnnxExport {
  /** The file. */
  readonly model: Uint8Array;
  /** Names of its inputs, int64 [B, T] each. */
  readonly inputs: readonly string[];
  readonly pooling: Pooling;
  /** The prompt that pairs have to be written into. */
  readonly prompt: string;
  /** Length of the embedding. */
  readonly dimension: number;
  /**
   * Where the prompt has vectors of its own (a soft prompt): the ids that stand for them in `input_ids`, from `first` on,
   * before the head word, between the words and after the tail word.
   */
  readonly softIds?: { readonly first: number; readonly top: number; readonly mid: number; readonly bottom: number };
  /**
   * Where the prompt has trigger tokens: their ids before the head word, between the words and after the tail word. The
   * text of `prompt` may be split into others; that of a prompt of 2021 is split again in any case, and has none here.
   */
  readonly triggerIds?: Readonly<Record<'top' | 'mid' | 'bottom', readonly number[]>>;
}

/**
 * One ONNX file (operator set 18, and com.microsoft unless `opset` is `plain`): inputs `input_ids` and `attention_mask` (1 for tokens, then 0 for
 * padding), and for poolings by word `head_mask` and `tail_mask` (1 for the tokens of the word, all its occurrences);
 * output `embedding`, float32 [B, D].
 *
 * @param model `exportOnnx(await openLanguageModel(await openModel('./model')))`, both from `relbert`.
 * @throws CheckpointError or WeightError for weights that cannot be used, PoolingError for an unknown pooling,
 *   PromptError for a prompt of another model, OptionError for int8 without a runtime, the signal's reason when aborted
 */
export async function exportOnnx(model: LanguageModel, options: ExportOnnxOptions = {}): Promise<OnnxExport> {
  const { dtype = 'f32', opset = 'onnxruntime', signal } = options;
  signal?.throwIfAborted();
  const {
    config,
    weights: stored,
    tokenizer,
    pooling,
    spec,
    prompt,
  } = relationModel(model, { pooling: options.pooling });
  const softPrompt = prompt.vectors;
  let int8: Int8Options | undefined;
  if (dtype === 'int8') {
    const { runtime } = options;
    if (!runtime) throw new OptionError("dtype 'int8' needs a runtime: pass { runtime: nodeRuntime() }");
    const prompts = calibrationPrompts(prompt, model.maxLength);
    // 7 bits: nobody knows where the file will run.
    int8 = { ...(await calibrate({ config, weights: stored, runtime, prompts, softPrompt, signal })), weightBits: 7 };
  }
  const inInt8 = dtype === 'int8' ? int8Weights(config, stored) : undefined;
  const graph = buildEncoder(config, { int8, int8Weights: inInt8, softPrompt });
  const { weights, inputs } = poolingFromTokens(pooling, graph.inputs, tokenizer.special.mask.id);
  const embedding = poolHidden(graph.hidden, weights, pooling); // [B, D]
  const { parameters } = graph;
  let initializers: Record<string, ConstantData> = options.runtime
    ? await parameterData(options.runtime, { parameters, config, weights: stored }, { signal })
    : await readParameters(parameters, config, stored, { signal });
  let result = embedding;
  if (dtype === 'f16') {
    const halved = new Substitution();
    const halves: Record<string, ConstantData> = { ...initializers };
    for (const { name, dtype: stored, shape, tensor } of parameters) {
      const data = initializers[name];
      if (stored !== 'float32' || !(data instanceof Float32Array) || data.length < 64) continue;
      halves[name] = halfOf(model.checkpoint.origin, name, data);
      halved.replace(tensor, cast(input(name, 'float16', shape), 'float32'));
    }
    initializers = halves;
    result = halved.copy(embedding);
  }
  return {
    model: serialize({
      outputs: { embedding: opset === 'plain' ? standardOperators(result) : result },
      initializers,
    }),
    inputs: ['input_ids', 'attention_mask', ...inputs],
    pooling,
    prompt: prompt.text,
    dimension: Number(embedding.shape[1]),
    ...(spec.kind === 'soft' && {
      softIds: { first: config.vocabularySize, top: spec.top, mid: spec.mid, bottom: spec.bottom },
    }),
    ...(spec.kind === 'trigger' &&
      spec.layout === '2023' && { triggerIds: { top: spec.top, mid: spec.mid, bottom: spec.bottom } }),
  };
}

function halfOf(origin: string, name: string, data: Float32Array): Uint16Array {
  const halves = floatToHalf(data);
  const overflow = halves.findIndex((bits) => (bits & 0x7fff) === 0x7c00);
  if (overflow >= 0) {
    throw new CheckpointError(
      origin,
      `weight "${name}" holds ${data[overflow]}, beyond the largest f16 (65504): use f32`,
    );
  }
  return halves;
}
