import type { Tensor } from '../graph/index.ts';
import type { EncoderConfig } from './config.ts';
import { type DropoutSite, type EncoderOptions, ModelBuilder } from './model-builder.ts';
import { oncePer } from './once-per.ts';
import type { GraphParameter, StoredParameter } from './parameter.ts';
import { familyOf } from './registry.ts';
import type { Lookup } from './word-lookup.ts';

/** A language model as a graph, from token ids to hidden states. */
export interface EncoderGraph {
  readonly config: EncoderConfig;
  /** What is fed: `input_ids`, `attention_mask` (1 for tokens, then 0 for padding) and `token_type_ids`: int64 [B, T]. */
  readonly inputs: {
    readonly inputIds: Tensor;
    readonly attentionMask: Tensor;
    readonly tokenTypeIds?: Tensor;
  };
  /** Last hidden states [B, T, H], or [B, P, H] with `readRows`. Those of padding tokens mean nothing. */
  readonly hidden: Tensor;
  /** The weights that the graph takes, and how they are made from the stored ones. */
  readonly parameters: readonly GraphParameter[];
  /** The weights as a checkpoint stores them, each once. */
  readonly stored: readonly StoredParameter[];
  /** Layers that can be frozen; those that share weights (ALBERT) count each. */
  readonly layers: number;
  /**
   * Look-ups in tables; the first is that of the words. A soft prompt given as data adds its rows to their table; for
   * tokens of one given as a tensor, the look-up of the words has the gradient 0.
   */
  readonly lookups: readonly Lookup[];
  /** Inputs of linear layers (plain operators), with the weights that each is multiplied by. */
  readonly linearInputs: ReadonlyMap<Tensor, readonly StoredParameter[]>;
  /** In the order of the computation. Empty without dropout. */
  readonly dropoutSites: readonly DropoutSite[];
}

/** The encoder of a configuration as a graph. Named dimensions: 'B' inputs, 'T' tokens. */
export function buildEncoder(config: EncoderConfig, options: EncoderOptions = {}): EncoderGraph {
  const model = new ModelBuilder(config, options);
  const hidden = model.result(familyOf(config).encode(model, config));
  const { inputIds, attentionMask, tokenTypeIds, parameters, layers, lookups, linearInputs, dropoutSites } = model;
  if (tokenTypeIds && !lookups.some(({ ids }) => ids === tokenTypeIds)) {
    throw new RangeError(`${config.modelType} has no token types: leave tokenTypes out`);
  }
  return {
    config,
    inputs: { inputIds, attentionMask, ...(tokenTypeIds && { tokenTypeIds }) },
    hidden,
    parameters: parameters.inputs,
    stored: parameters.stored,
    layers,
    lookups,
    linearInputs,
    dropoutSites,
  };
}

/** The encoder without options, built once: several functions ask what it says of the weights. */
export const plainEncoder = oncePer((config: EncoderConfig) => buildEncoder(config));

/** The weights that the encoder of a configuration computes with, as a checkpoint stores them. */
export function storedParameters(config: EncoderConfig): readonly StoredParameter[] {
  return plainEncoder(config).stored;
}

/** How many numbers the weights are. */
export function parameterCount(stored: readonly Pick<StoredParameter, 'shape'>[]): number {
  return stored.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
}
