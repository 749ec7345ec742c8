import {
  abs,
  add,
  addAll,
  cast,
  concat,
  constant,
  cos,
  type Dim,
  greater,
  mul,
  neg,
  range,
  reshape,
  scalar,
  sin,
  split,
  sub,
  type Tensor,
  unsqueeze,
} from '../graph/index.ts';
import { type Activation, activate } from './activation.ts';
import {
  activation,
  check,
  count,
  type EncoderConfig,
  field,
  flag,
  layerCount,
  names,
  object,
  only,
  optional,
  orNull,
  paddingId,
  positive,
  probability,
  readFields,
  text,
} from './config.ts';
import type { Family } from './family.ts';
import { MASKED, type ModelBuilder } from './model-builder.ts';
import { whole } from './word-lookup.ts';

const layerTypes = ['full_attention', 'sliding_attention'] as const;
type LayerType = (typeof layerTypes)[number];

interface ModernBertConfig extends EncoderConfig {
  readonly intermediate: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly layerTypes: readonly LayerType[];
  /** Base of the rotary wavelengths. */
  readonly theta: Readonly<Record<LayerType, number>>;
  /** How many tokens a sliding layer sees to each side. */
  readonly reach: number;
  readonly bias: { readonly norm: boolean; readonly attention: boolean; readonly feedForward: boolean };
  readonly dropout: { readonly embeddings: number; readonly attention: number; readonly feedForward: number };
}

const unsupported = field('left out or null: nothing else is supported', (value) => value === undefined);

/** Rotary positions of one type of layer as transformers 5 writes them; `type` is what `rope_type` was called before. */
const rope = optional(
  object({
    rope_type: only('default'),
    type: only('default'),
    factor: unsupported,
    rope_theta: optional(positive(0)),
  }),
);

/**
 * ModernBERT (Warner et al. 2024): normalisation before each sub-layer, rotary positions, attention that in most layers
 * sees a window only, and a gated feed-forward layer.
 */
export const modernbert: Family<ModernBertConfig> = {
  modelTypes: ['modernbert'],
  prefix: 'model.',
  tiedWords: 'decoder.weight',
  config(json) {
    const fields = readFields(json, {
      model_type: text('modernbert'),
      vocab_size: count(50368),
      hidden_size: count(768),
      num_hidden_layers: layerCount(),
      num_attention_heads: count(12),
      intermediate_size: count(1152),
      hidden_activation: activation('gelu'),
      norm_eps: positive(1e-5),
      max_position_embeddings: count(8192),
      pad_token_id: paddingId(),
      local_attention: count(128),
      layer_types: optional(names(layerTypes)),
      global_attn_every_n_layers: count(3),
      rope_parameters: optional(object({ full_attention: rope, sliding_attention: rope })),
      global_rope_theta: positive(160_000),
      local_rope_theta: orNull(positive(10_000)),
      rope_scaling: unsupported,
      norm_bias: flag(false),
      attention_bias: flag(false),
      mlp_bias: flag(false),
      embedding_dropout: probability(0),
      attention_dropout: probability(0),
      mlp_dropout: probability(0),
    });
    const { layer_types: types, num_hidden_layers: layers, hidden_size: hidden, num_attention_heads: heads } = fields;
    check((types?.length ?? layers) === layers, 'layer_types must name a type for each of the num_hidden_layers');
    check(
      (hidden / heads) % 2 !== 1,
      'num_attention_heads must give heads of an even dimension, which rotary positions halve',
    );
    return {
      modelType: fields.model_type,
      vocabularySize: fields.vocab_size,
      hidden,
      embedding: hidden,
      layers,
      heads,
      maxLength: fields.max_position_embeddings,
      padId: fields.pad_token_id,
      intermediate: fields.intermediate_size,
      activation: fields.hidden_activation,
      epsilon: fields.norm_eps,
      layerTypes:
        types ??
        Array.from(
          { length: layers },
          (_, i): LayerType => (i % fields.global_attn_every_n_layers === 0 ? 'full_attention' : 'sliding_attention'),
        ),
      theta: {
        full_attention: fields.rope_parameters?.full_attention?.rope_theta ?? fields.global_rope_theta,
        sliding_attention:
          fields.rope_parameters?.sliding_attention?.rope_theta ?? fields.local_rope_theta ?? fields.global_rope_theta,
      },
      reach: Math.floor(fields.local_attention / 2),
      bias: { norm: fields.norm_bias, attention: fields.attention_bias, feedForward: fields.mlp_bias },
      dropout: {
        embeddings: fields.embedding_dropout,
        attention: fields.attention_dropout,
        feedForward: fields.mlp_dropout,
      },
    };
  },
  encode(model, config) {
    const { hidden, heads, intermediate, epsilon, bias, dropout } = config;
    const norm = (x: Tensor, name: string) => model.norm(x, name, epsilon, { bias: bias.norm });
    let x = model.dropped(
      norm(model.words('embeddings.tok_embeddings'), 'embeddings.norm'),
      'embeddings',
      dropout.embeddings,
    );
    for (const [layer, type] of config.layerTypes.entries()) {
      const at = `layers.${layer}`;
      model.enter(layer);
      // The embeddings are normalised already.
      const input = layer === 0 ? x : norm(x, `${at}.attn_norm`);
      const projected = model.linear(input, `${at}.attn.Wqkv`, 3 * hidden, { bias: bias.attention });
      const [q, k, v] = split(projected, [hidden, hidden, hidden], -1) as [Tensor, Tensor, Tensor];
      const rotation = rotationOf(model, hidden / heads, config.theta[type]);
      const mixed = model.attention(rotated(q, heads, rotation), rotated(k, heads, rotation), v, {
        heads,
        bias: type === 'sliding_attention' ? windowBias(model, config.reach) : undefined,
        site: `layer.${layer}.attention.weights`,
        rate: dropout.attention,
      });
      const attended = model.linear(mixed, `${at}.attn.Wo`, hidden, { bias: bias.attention });
      x = addAll(x, model.dropped(attended, `layer.${layer}.attention.output`, dropout.attention));
      const wide = model.linear(norm(x, `${at}.mlp_norm`), `${at}.mlp.Wi`, 2 * intermediate, {
        bias: bias.feedForward,
      });
      const [value, gate] = split(wide, [intermediate, intermediate], -1) as [Tensor, Tensor];
      const gated = mul(activate[config.activation](value), gate);
      const dropped = model.dropped(gated, `layer.${layer}.intermediate`, dropout.feedForward);
      x = addAll(x, model.linear(dropped, `${at}.mlp.Wo`, hidden, { bias: bias.feedForward }));
    }
    model.enter('output');
    return norm(x, 'final_norm');
  },
};

interface Rotation {
  /** [T, 1, size]. */
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** Rotary positions (Su et al. 2021): the angle of pair i at position t is t · theta^(−2i / size). */
function rotationOf(model: ModelBuilder, size: number, theta: number): Rotation {
  const frequencies = Float32Array.from({ length: size }, (_, i) => 1 / theta ** ((2 * (i % (size / 2))) / size));
  const positions = unsqueeze(cast(range('T', [model.inputIds]), 'float32'), 1, 2); // [T, 1, 1]
  const angles = mul(positions, constant(frequencies, [size]));
  return { cosine: cos(angles), sine: sin(angles) };
}

/** x [B, T, H] with the dimensions i and i + size / 2 of each head turned as a pair. */
function rotated(x: Tensor, heads: number, { cosine, sine }: Rotation): Tensor {
  const [batch, tokens, width] = x.shape as [Dim, Dim, number];
  const size = width / heads;
  const byHead = reshape(x, [batch, tokens, heads, size]);
  const [first, second] = split(byHead, [size / 2, size / 2], -1) as [Tensor, Tensor];
  const turned = add(mul(byHead, cosine), mul(concat([neg(second), first], -1), sine));
  return reshape(turned, [batch, tokens, width]);
}

/** Hides the tokens further away than `reach`: [1, 1, T, T]. */
function windowBias(model: ModelBuilder, reach: number): Tensor {
  const position = range('T', [model.inputIds]);
  const distance = abs(sub(unsqueeze(position, 0), unsqueeze(position, 1))); // [T, T]
  return unsqueeze(mul(cast(greater(distance, whole(reach)), 'float32'), scalar(MASKED)), 0, 1);
}
