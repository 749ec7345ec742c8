import type { Tensor } from '../graph/index.ts';
import type { BertConfig } from './config.ts';
import type { ModelBuilder } from './model-builder.ts';

/** What the parts of a layer are called in the checkpoint. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface PostNormOptions {
  /** Number of the layer, from 0. */
  readonly layer: number;
  readonly names: LayerNames;
  /** Whether no layer follows: only what is read of it is computed. Not together with a bias. Default false. */
  readonly last?: boolean;
  /** Added to the attention scores [1, heads, T, T]. */
  readonly bias?: Tensor;
  /** Whether training drops elements after the attention and after the feed-forward layer. Default: after both. */
  readonly dropout?: { readonly attention: boolean; readonly feedForward: boolean };
}

/**
 * One layer of a post-norm transformer: self-attention, then a feed-forward layer, each with the residual added and
 * normalised after it (Devlin et al. 2019; Vaswani et al. 2017, section 3). [B, T, H] → [B, T, H]; between the layers and
 * from the last one they are in the model's order.
 */
export function postNormLayer(
  model: ModelBuilder,
  config: BertConfig,
  input: Tensor,
  options: PostNormOptions,
): Tensor {
  const { hidden, heads, intermediate, activation, epsilon, hiddenDropout, attentionDropout } = config;
  const { layer, names, bias, last = false, dropout = { attention: true, feedForward: true } } = options;
  const site = `layer.${layer}`;
  const end = (part: string, drops: boolean) => (drops ? { site: `${site}.${part}`, rate: hiddenDropout } : undefined);
  model.enter(layer);
  const x = layer === 0 ? model.inOrder(input) : input;
  const read = last ? model.onlyRead(x) : x;
  const mixed = model.attention(
    model.linear(read, names.query, hidden),
    model.linear(x, names.key, hidden),
    model.linear(x, names.value, hidden, { reader: names.attentionOutput }),
    { heads, bias, site: `${site}.attention.weights`, rate: attentionDropout },
  );
  const attended = model.postNorm(
    mixed,
    read,
    { linear: names.attentionOutput, norm: names.attentionNorm, epsilon },
    end('attention.output', dropout.attention),
  );
  return model.postNorm(
    model.activated(attended, names.intermediate, intermediate, activation),
    attended,
    { linear: names.output, norm: names.outputNorm, epsilon },
    end('output', dropout.feedForward),
  );
}

/** The names in BERT, its descendants and those who took them over. */
export function bertNames(layer: number): LayerNames {
  const at = `encoder.layer.${layer}`;
  return {
    query: `${at}.attention.self.query`,
    key: `${at}.attention.self.key`,
    value: `${at}.attention.self.value`,
    attentionOutput: `${at}.attention.output.dense`,
    attentionNorm: `${at}.attention.output.LayerNorm`,
    intermediate: `${at}.intermediate.dense`,
    output: `${at}.output.dense`,
    outputNorm: `${at}.output.LayerNorm`,
  };
}
