import { type Dim, input, mul, type Tensor } from '../graph/index.ts';
import { albertArchitecture } from './albert.ts';
import type { Architecture } from './architecture.ts';
import { bertArchitecture } from './bert.ts';
import type { EncoderConfig } from './config.ts';
import { distilbertArchitecture } from './distilbert.ts';
import { fusedKernel } from './fused-kernel.ts';
import { int8Kernel } from './int8-kernel.ts';
import type { Dropout, EncoderKernel, GraphParameter } from './kernel.ts';
import { mpnetArchitecture } from './mpnet.ts';
import { relativeAttentionBias } from './relative-position.ts';
import { robertaArchitecture } from './roberta.ts';
import { type Lookup, tokenEmbedding } from './token-embedding.ts';
import { differentiableKernel } from './transformer-kernel.ts';

/**
 * `inference`: float32, the operators that are fastest on processors. `fused`: float32, MultiHeadAttention,
 * SkipLayerNormalization and BiasGelu, for graphics processors. `int8`: the products with weights in 8-bit integers.
 * `training`: as `inference`, differentiable, with dropout where it is asked for.
 */
export type EncoderMode = 'inference' | 'fused' | 'int8' | 'training';

/** A place where training drops elements out. */
export interface DropoutSite {
  /** `embeddings`, `layer.0.attention.weights`, `layer.0.attention.output`, `layer.0.output`; the graph input is `dropout.<name>`. */
  readonly name: string;
  /** Of the tensor that is dropped from: with the dimensions 'B' and 'T'. */
  readonly shape: readonly Dim[];
  /** Probability with which an element becomes 0; the others are divided by 1 − rate. */
  readonly rate: number;
}

export interface EncoderOptions {
  /** Default `inference`. */
  readonly mode?: EncoderMode;
  /** Take `token_type_ids` as an input; else every token has type 0. Default false. */
  readonly tokenTypes?: boolean;
  /**
   * Vectors of soft-prompt tokens [count, E]: ids from the vocabulary's size upward stand for them. As data they
   * are rows appended to the word-embedding table; as a tensor they are a part of the graph, with a gradient.
   */
  readonly softPrompt?: Float32Array | Tensor;
  /**
   * Training alone: the tensor with elements dropped. Default `dropoutInput`, when `true` is given; left out or
   * false, nothing is dropped. Sites of rate 0 are not asked.
   */
  readonly dropout?: boolean | ((x: Tensor, site: DropoutSite) => Tensor);
}

/** A language model as a graph, from token ids to hidden states. */
export interface EncoderGraph {
  readonly config: EncoderConfig;
  readonly architecture: Architecture;
  /** What is fed: `input_ids`, `attention_mask` (1 for tokens, then 0 for padding) and `token_type_ids`: int64 [B, T]. */
  readonly inputs: {
    readonly inputIds: Tensor;
    readonly attentionMask: Tensor;
    readonly tokenTypeIds?: Tensor;
  };
  /** Last hidden states [B, T, H]. Those of padding tokens mean nothing. */
  readonly hidden: Tensor;
  /** The weights that the graph takes, and how they are made from the stored ones. */
  readonly parameters: readonly GraphParameter[];
  /**
   * Look-ups in tables; the first is that of the words. A soft prompt given as data adds its rows to their table; for
   * tokens of one given as a tensor, the look-up of the words has the gradient 0.
   */
  readonly lookups: readonly Lookup[];
  /** In the order of the computation. Empty without dropout. */
  readonly dropoutSites: readonly DropoutSite[];
}

/** The encoder of a configuration as a graph. Named dimensions: 'B' inputs, 'T' tokens. */
export function buildEncoder(config: EncoderConfig, options: EncoderOptions = {}): EncoderGraph {
  const { mode = 'inference', tokenTypes = false } = options;
  const architecture = architectureOf(config);
  const kernel = kernels[mode](config.layerNormEpsilon);
  const inputIds = input('input_ids', 'int64', ['B', 'T']);
  const attentionMask = input('attention_mask', 'int64', ['B', 'T']);
  const tokenTypeIds = tokenTypes ? input('token_type_ids', 'int64', ['B', 'T']) : undefined;
  if (tokenTypeIds && !architecture.embeddings.tokenType) {
    throw new RangeError(`${config.modelType} has no token types: leave tokenTypes out`);
  }

  const dropoutSites: DropoutSite[] = [];
  const drop = mode === 'training' && options.dropout ? options.dropout : undefined;
  const dropoutAt =
    (name: string, rate: number): Dropout =>
    (x) => {
      if (!drop || rate === 0) return x;
      const site: DropoutSite = { name, shape: x.shape, rate };
      dropoutSites.push(site);
      return drop === true ? dropoutInput(x, site) : drop(x, site);
    };
  const { embeddings } = architecture;
  const { softPrompt } = options;
  const { embedded, lookups } = tokenEmbedding({ config, embeddings, kernel, inputIds, tokenTypeIds, softPrompt });
  let hidden = dropoutAt('embeddings', config.hiddenDropout)(embedded); // [B, T, E]
  if (embeddings.projection) hidden = kernel.linear(hidden, embeddings.projection); // [B, T, H]

  let bias: Tensor | undefined;
  if (architecture.relativeBias) {
    const relative = relativeAttentionBias(kernel.table(architecture.relativeBias), inputIds, config.maxLength);
    lookups.push({ table: architecture.relativeBias, ids: relative.ids, rows: relative.rows });
    bias = relative.bias;
  }
  const context = { heads: config.heads, mask: attentionMask, bias };
  const { attentionOutput, output } = architecture.dropout;
  for (const [i, layer] of architecture.layers.entries()) {
    const weights = dropoutAt(`layer.${i}.attention.weights`, config.attentionDropout);
    const attended = kernel.attention(hidden, layer, context, weights);
    const afterAttention = dropoutAt(`layer.${i}.attention.output`, attentionOutput ? config.hiddenDropout : 0);
    hidden = kernel.residual(attended, layer.attentionOutput, hidden, layer.attentionNorm, afterAttention);
    const activated = kernel.activated(hidden, layer.intermediate, config.activation); // [B, T, intermediate]
    const afterOutput = dropoutAt(`layer.${i}.output`, output ? config.hiddenDropout : 0);
    hidden = kernel.residual(activated, layer.output, hidden, layer.outputNorm, afterOutput);
  }
  return {
    config,
    architecture,
    inputs: { inputIds, attentionMask, ...(tokenTypeIds && { tokenTypeIds }) },
    hidden,
    parameters: [...kernel.parameters.values()],
    lookups,
    dropoutSites,
  };
}

/** What the encoder of a configuration consists of. */
export function architectureOf(config: EncoderConfig): Architecture {
  switch (config.family) {
    case 'bert':
      return bertArchitecture(config);
    case 'roberta':
      return robertaArchitecture(config);
    case 'albert':
      return albertArchitecture(config);
    case 'distilbert':
      return distilbertArchitecture(config);
    case 'mpnet':
      return mpnetArchitecture(config);
  }
}

const kernels: Readonly<Record<EncoderMode, (epsilon: number) => EncoderKernel>> = {
  inference: differentiableKernel,
  fused: fusedKernel,
  int8: int8Kernel,
  training: differentiableKernel,
};

/** x · mask, the mask a graph input `dropout.<site>` of the shape of x: 0, or 1 / (1 − rate). */
export function dropoutInput(x: Tensor, site: DropoutSite): Tensor {
  return mul(x, input(`dropout.${site.name}`, 'float32', site.shape));
}
