import { input, type Tensor } from '../graph/index.ts';
import type { EncoderConfig } from '../models/config.ts';
import { buildEncoder, type EncoderGraph } from '../models/encoder.ts';
import type { EncoderOptions } from '../models/model-builder.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import type { TensorValue } from '../runtime/session.ts';
import { type Pooling, pooledSize, poolHidden, poolingInput, poolingRowCount, poolingRows } from './pooling.ts';

export interface RelationGraphOptions extends EncoderOptions {
  readonly pooling: Pooling;
  /** Computes the last layer only for the tokens that the pooling reads: `read_rows`, int64 [B, P]. Inference only. Default false. */
  readonly onlyPooled?: boolean;
}

/** From token ids and pooling weights to relation embeddings; the same for inference and for training. */
export interface RelationGraph extends EncoderGraph {
  readonly pooling: Pooling;
  /** The graph input `pooling`, float32 [B, R, T], or [B, R, P]. */
  readonly poolingWeights: Tensor;
  /** [B, D]. */
  readonly embedding: Tensor;
  /** D. */
  readonly dimension: number;
}

/** The graph of a relation encoder: language model and pooling. */
export function buildRelationGraph(
  config: EncoderConfig,
  { pooling, onlyPooled = false, ...options }: RelationGraphOptions,
): RelationGraph {
  const readRows = onlyPooled ? input('read_rows', 'int64', ['B', 'P']) : undefined;
  const encoder = buildEncoder(config, { ...options, readRows });
  const poolingWeights = poolingInput(pooling, onlyPooled ? 'P' : 'T');
  return {
    ...encoder,
    pooling,
    poolingWeights,
    embedding: poolHidden(encoder.hidden, poolingWeights, pooling),
    dimension: pooledSize(pooling, config.hidden),
  };
}

/** A batch for a graph that computes only what is pooled. */
export interface PooledBatch extends PromptBatch {
  readonly read_rows: TensorValue & { readonly data: BigInt64Array };
}

/**
 * The same batch with the tokens that the pooling reads: their rows in [B*T] as int64 [B, P], and their weights
 * [B, R, P]. Where a prompt has fewer than P, its first token follows with the weight 0.
 */
export function pooledBatch({ pooling, ...batch }: PromptBatch): PooledBatch {
  const [count = 0, rowCount = 0, tokens = 0] = pooling.shape;
  const weight = (i: number, r: number, t: number) => pooling.data[(i * rowCount + r) * tokens + t] as number;
  const read = Array.from({ length: count }, (_, i) =>
    Array.from({ length: tokens }, (_, t) => t).filter((t) => {
      for (let r = 0; r < rowCount; r++) if (weight(i, r, t) !== 0) return true;
      return false;
    }),
  );
  const most = read.reduce((longest, { length }) => Math.max(longest, length), 1);
  const rows = new BigInt64Array(count * most);
  const weights = new Float32Array(count * rowCount * most);
  for (const [i, places] of read.entries()) {
    for (let p = 0; p < most; p++) {
      const t = places[p];
      rows[i * most + p] = BigInt(i * tokens + (t ?? 0));
      for (let r = 0; r < rowCount && t !== undefined; r++) weights[(i * rowCount + r) * most + p] = weight(i, r, t);
    }
  }
  return {
    ...batch,
    read_rows: { dtype: 'int64', shape: [count, most], data: rows },
    pooling: { dtype: 'float32', shape: [count, rowCount, most], data: weights },
  };
}

/** What a relation graph is fed beside its weights. */
export interface PromptBatch {
  readonly input_ids: TensorValue & { readonly data: BigInt64Array };
  readonly attention_mask: TensorValue & { readonly data: BigInt64Array };
  readonly pooling: TensorValue & { readonly data: Float32Array };
}

/**
 * Prompts as one padded batch: ids and attention mask int64 [B, T], pooling weights float32 [B, R, T].
 *
 * @param padId Id of the padding token; prompts are padded on the right to the longest of them.
 * @throws PoolingError where a prompt lacks the tokens that the pooling needs.
 */
export function promptBatch(prompts: readonly EncodedPrompt[], pooling: Pooling, padId: number): PromptBatch {
  const count = prompts.length;
  const tokens = prompts.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const rowCount = poolingRowCount(pooling);
  const ids = new BigInt64Array(count * tokens).fill(BigInt(padId));
  const mask = new BigInt64Array(count * tokens);
  const weights = new Float32Array(count * rowCount * tokens);
  for (const [i, prompt] of prompts.entries()) {
    for (let t = 0; t < prompt.ids.length; t++) ids[i * tokens + t] = BigInt(prompt.ids[t] as number);
    mask.fill(1n, i * tokens, i * tokens + prompt.ids.length);
    for (const [r, row] of poolingRows(pooling, prompt).entries()) weights.set(row, (i * rowCount + r) * tokens);
  }
  return {
    input_ids: { dtype: 'int64', shape: [count, tokens], data: ids },
    attention_mask: { dtype: 'int64', shape: [count, tokens], data: mask },
    pooling: { dtype: 'float32', shape: [count, rowCount, tokens], data: weights },
  };
}
