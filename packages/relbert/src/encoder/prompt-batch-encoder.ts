import type { EncoderConfig } from '../models/config.ts';
import { parameterCount } from '../models/encoder.ts';
import { byteCount } from '../models/parameter.ts';
import { int8Weights, type StoredWeights } from '../models/weights.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import type { Device } from '../runtime/device.ts';
import type { Runtime } from '../runtime/session.ts';
import { calibrate } from './calibration.ts';
import { type Pooling, readsFew } from './pooling.ts';
import { buildRelationGraph, pooledBatch, promptBatch } from './relation-graph.ts';
import { weightedSession } from './weighted-session.ts';

/** Batches of prompts to embeddings: a language model with its weights, ready to run. */
export interface PromptBatchEncoder {
  /** Elements of the weights that encoding uses, as the checkpoint stores them, and of the soft prompt. */
  readonly parameters: number;
  /** What computes it. */
  readonly device: Device;
  /** Length of one embedding: D. */
  readonly dimension: number;
  /** Batches that are computed side by side, at present. Default 1. */
  readonly parallel?: number;
  /** Embeddings [B, D] of prompts that form one padded batch. */
  encode(prompts: readonly EncodedPrompt[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface PromptBatchEncoderOptions {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly runtime: Runtime;
  readonly pooling: Pooling;
  /** Soft-prompt vectors [count, E]. */
  readonly softPrompt?: Float32Array | undefined;
  /** Computes the products with weights in 8 bits, with ranges of their inputs from these prompts. Default: in float32. */
  readonly calibration?: readonly EncodedPrompt[] | undefined;
  readonly threads?: number | undefined;
  /** Leaves the graph and its weights as they are, instead of preparing them for many runs. Default false. */
  readonly quickStart?: boolean | undefined;
  /** Ends the making: what is made does not depend on it. */
  readonly signal?: AbortSignal | undefined;
}

/** Further sessions for batches side by side: so many at most, of so many bytes of weights together. */
const mostCopies = 4;
const mostCopied = 2 ** 28;

/**
 * Builds the inference graph with its weights stored in it, so that the runtime can pack them, and loads it.
 *
 * @throws WeightError where weights are missing, misshapen or not finite; the signal's reason when aborted
 */
export async function createPromptBatchEncoder(options: PromptBatchEncoderOptions): Promise<PromptBatchEncoder> {
  const { config, weights, runtime, pooling, softPrompt, calibration, threads, quickStart, signal } = options;
  const int8 = calibration && (await calibrate({ ...options, prompts: calibration }));
  const onlyPooled = readsFew(pooling);
  const graph = buildRelationGraph(config, {
    ...{ pooling, onlyPooled, tokensFirst: true },
    int8,
    // Graphics processors have no look-up in 8 bits.
    int8Weights: runtime.operators === 'plain' ? int8Weights(config, weights) : undefined,
    operators: runtime.operators,
    softPrompt,
  });
  const { embedding, parameters } = graph;
  const session = await weightedSession(
    runtime,
    { outputs: { embedding }, parameters, config, weights },
    {
      threads,
      signal,
      ...(quickStart
        ? { optimization: 'disabled', prepacking: false }
        : { copies: Math.min(mostCopies, Math.floor(mostCopied / byteCount(parameters))) }),
    },
  );
  return {
    parameters: parameterCount(graph.stored) + (softPrompt?.length ?? 0),
    device: session.device,
    dimension: graph.dimension,
    get parallel() {
      return session.parallel ?? 1;
    },
    async encode(prompts) {
      const batch = promptBatch(prompts, pooling, config.padId);
      const { embedding } = await session.run({ ...(onlyPooled ? pooledBatch(batch) : batch) });
      return embedding?.data as Float32Array;
    },
    async dispose() {
      await session.dispose();
      await runtime.dispose();
    },
  };
}
