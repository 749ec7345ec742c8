/** A relation encoder as one ONNX file that needs nothing of this package: token ids in, relation embedding out. */

import type { CheckpointFiles } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { floatToHalf } from '../formats/half-float.ts';
import {
  type ConstantData,
  cast,
  concat,
  constant,
  div,
  equal,
  input,
  maximum,
  mul,
  not,
  range,
  reduceSum,
  scalar,
  serialize,
  sub,
  type Tensor,
  unsqueeze,
} from '../graph/index.ts';
import { Substitution } from '../graph/substitute.ts';
import { parseEncoderConfig } from '../models/config.ts';
import { buildEncoder } from '../models/encoder.ts';
import { readParameters } from '../models/weights.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { parseTemplate } from '../prompt/template.ts';
import { createTokenizer } from '../tokenizer/create-tokenizer.ts';
import { openCheckpoint } from './checkpoint.ts';
import { plainDefaults } from './load-encoder.ts';
import { type Pooling, parsePooling, poolHidden } from './pooling.ts';

export interface ExportOnnxOptions {
  /** Default: the checkpoint's own, else average_no_mask. */
  readonly pooling?: Pooling;
  /**
   * f32 (default); f16: weights stored in half the space, computed with in f32; int8: the matrix products of the layers
   * in 8 bits.
   */
  readonly dtype?: 'f32' | 'f16' | 'int8';
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
}

/**
 * One ONNX file (operator set 18 and com.microsoft): inputs `input_ids` and `attention_mask` (1 for tokens, then 0 for
 * padding), and for poolings by word `head_mask` and `tail_mask` (1 for the tokens of the word, all its occurrences);
 * output `embedding`, float32 [B, D].
 *
 * @param files From `openModel` or `folderFiles` of `relbert`: `exportOnnx(await folderFiles('./model'))`.
 * @throws CheckpointError, EncoderConfigError, TokenizerError or WeightError for a checkpoint that cannot be used,
 *   PoolingError for an unknown pooling, PromptError for a prompt of another model
 */
export async function exportOnnx(files: CheckpointFiles, options: ExportOnnxOptions = {}): Promise<OnnxExport> {
  const { dtype = 'f32' } = options;
  const checkpoint = await openCheckpoint(files);
  const config = parseEncoderConfig(checkpoint.config);
  const tokenizer = createTokenizer(checkpoint.tokenizerFiles);
  const pooling = parsePooling(options.pooling ?? checkpoint.relbert?.pooling ?? plainDefaults.pooling);
  const spec: PromptSpec = checkpoint.relbert?.prompt ?? {
    kind: 'template',
    text: parseTemplate(plainDefaults.template),
  };
  const prompt = createPrompt(spec, tokenizer, {
    mask: pooling === 'mask',
    softStart: config.vocabularySize,
    embedding: config.embedding,
  });
  const graph = buildEncoder(config, {
    mode: dtype === 'int8' ? 'int8' : 'inference',
    ...(prompt.vectors && { softPrompt: prompt.vectors }),
  });
  const { weights, inputs } = poolingWeights(pooling, graph.inputs, tokenizer.special.mask.id);
  const embedding = poolHidden(graph.hidden, weights, pooling); // [B, D]
  let initializers: Record<string, ConstantData> = await readParameters(graph.parameters, config, checkpoint.weights);
  let result = embedding;
  if (dtype === 'f16') {
    const halved = new Substitution();
    const halves: Record<string, ConstantData> = { ...initializers };
    for (const { name, dtype: stored, shape, tensor } of graph.parameters) {
      const data = initializers[name];
      if (stored !== 'float32' || !(data instanceof Float32Array) || data.length < 64) continue;
      halves[name] = halfOf(checkpoint.origin, name, data);
      halved.replace(tensor, cast(input(name, 'float16', shape), 'float32'));
    }
    initializers = halves;
    result = halved.copy(embedding);
  }
  return {
    model: serialize({ outputs: { embedding: result }, initializers }),
    inputs: ['input_ids', 'attention_mask', ...inputs],
    pooling,
    prompt: prompt.text,
    dimension: Number(embedding.shape[1]),
    ...(spec.kind === 'soft' && {
      softIds: { first: config.vocabularySize, top: spec.top, mid: spec.mid, bottom: spec.bottom },
    }),
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

/** The pooling weights [B, R, T] computed in the graph, and the inputs they need beside ids and attention mask. */
function poolingWeights(
  pooling: Pooling,
  { inputIds, attentionMask }: { readonly inputIds: Tensor; readonly attentionMask: Tensor },
  maskId: number,
): { readonly weights: Tensor; readonly inputs: readonly string[] } {
  const present = cast(attentionMask, 'float32'); // [B, T]
  const isMask = equal(inputIds, constant(BigInt64Array.of(BigInt(maskId)), []));
  const notMask = () => mul(present, cast(not(isMask), 'float32'));
  const word = (name: string) => mean(mul(present, cast(input(name, 'int64', ['B', 'T']), 'float32')));
  const difference = () => sub(word('tail_mask'), word('head_mask'));
  const row = (weights: Tensor) => ({ weights: unsqueeze(weights, 1), inputs: [] });
  switch (pooling) {
    case 'average_no_mask':
      return row(mean(notMask()));
    case 'average':
      return row(mean(present));
    case 'sum_no_mask':
      return row(notMask());
    case 'mask':
      return row(mean(mul(present, cast(isMask, 'float32'))));
    case 'cls': {
      const first = cast(equal(range('T', [inputIds]), constant(BigInt64Array.of(0n), [])), 'float32'); // [T]
      return row(mul(present, first));
    }
    case 'difference':
      return { weights: unsqueeze(difference(), 1), inputs: ['head_mask', 'tail_mask'] };
    case 'average+difference':
      return {
        weights: concat([unsqueeze(mean(notMask()), 1), unsqueeze(difference(), 1)], 1),
        inputs: ['head_mask', 'tail_mask'],
      };
  }
}

/** Weights divided by their sum; zeros where there are none. */
function mean(weights: Tensor): Tensor {
  return div(weights, maximum(reduceSum(weights, 1, { keepDims: true }), scalar(1)));
}
