import {
  add,
  addAll,
  cast,
  concat,
  type Dim,
  fusedMatMul,
  gather,
  linear,
  mul,
  reshape,
  slice,
  type Tensor,
  transpose,
  unsqueeze,
  zeros,
} from '../graph/index.ts';
import { type Activation, activate } from './activation.ts';
import {
  activation,
  type BertConfig,
  bertConfig,
  bertFields,
  check,
  count,
  type Field,
  field,
  flag,
  index,
  names,
  only,
  optional,
  positive,
  readFields,
  text,
  type Values,
} from './config.ts';
import type { Family } from './family.ts';
import type { ModelBuilder } from './model-builder.ts';
import { bertNames } from './post-norm-layer.ts';
import { byRelativePosition } from './relative-position.ts';

interface RelativeAttention {
  /** Buckets for each direction; 0: one for each distance. */
  readonly buckets: number;
  /** The longest distance told apart. */
  readonly longest: number;
  readonly normalized: boolean;
  /** Whether positions are projected by the layer's query and key projections. */
  readonly shared: boolean;
}

interface DebertaConfig extends BertConfig {
  /** Whether absolute positions are added to the words. */
  readonly absolutePositions: boolean;
  /** Relative attention; undefined: there is none. */
  readonly relative: RelativeAttention | undefined;
  readonly contentToPosition: boolean;
  readonly positionToContent: boolean;
  /** A convolution beside the first layer. */
  readonly convolution: { readonly width: number; readonly activation: Activation } | undefined;
}

/** `pos_att_type`: a list, or its names joined by `|`. */
const attentionTypes: Field<readonly string[]> = (value) => {
  const given = typeof value === 'string' ? value.toLowerCase().split('|') : (value ?? []);
  const trim = (name: unknown) => (typeof name === 'string' ? name.trim() : name);
  return names(['c2p', 'p2c'])(Array.isArray(given) ? given.map(trim) : given);
};

/** A whole number up to `most`; -1 where it is missing. */
function limit(most: number): Field<number> {
  return field(`a whole number up to ${most}`, (value) => Number.isSafeInteger(value) && Number(value) <= most, -1);
}

const debertaFields = {
  ...bertFields,
  layer_norm_eps: positive(1e-7),
  max_position_embeddings: count(512),
  type_vocab_size: index(0),
  embedding_size: optional(count()),
  attention_head_size: optional(count()),
  position_biased_input: flag(true),
  relative_attention: flag(false),
  max_relative_positions: limit(2 ** 24),
  position_buckets: limit(4096),
  norm_rel_ebd: text('none'),
  share_att_key: flag(false),
  pos_att_type: attentionTypes,
  conv_kernel_size: index(0),
  conv_groups: only(1),
  conv_act: activation('tanh'),
};

/** @throws EncoderConfigError where the formula of the buckets divides by zero */
function relativeAttention(fields: Values<typeof debertaFields>): RelativeAttention {
  const maxLength = fields.max_position_embeddings;
  const buckets = Math.max(0, fields.position_buckets);
  const longest = fields.max_relative_positions < 1 ? maxLength : fields.max_relative_positions;
  check(
    Number.isFinite(debertaBucket(maxLength - 1, buckets, longest)),
    `position_buckets ${buckets} leaves long distances without a bucket where max_relative_positions is ${longest}: it must be 2 or more, and half of it less than max_relative_positions - 1`,
  );
  const normalizations = fields.norm_rel_ebd
    .toLowerCase()
    .split('|')
    .map((name) => name.trim());
  return { buckets, longest, normalized: normalizations.includes('layer_norm'), shared: fields.share_att_key };
}

/**
 * DeBERTa v2 and v3 (He et al. 2021, 2023): the attention score of two tokens adds to query · key the products of each
 * with an embedding of their relative position (disentangled attention).
 */
export const debertaV2: Family<DebertaConfig> = {
  modelTypes: ['deberta-v2'],
  prefix: 'deberta.',
  tiedWords: 'cls.predictions.decoder.weight',
  config(json) {
    const fields = readFields(json, debertaFields);
    const { attention_head_size: headSize, conv_kernel_size: width } = fields;
    const sizes = [undefined, fields.hidden_size / fields.num_attention_heads];
    check(sizes.includes(headSize), 'attention_head_size must be hidden_size / num_attention_heads');
    check(width === 0 || width % 2 === 1, 'conv_kernel_size must be 0 or odd');
    const relative = fields.relative_attention ? relativeAttention(fields) : undefined;
    return {
      ...bertConfig(fields),
      embedding: fields.embedding_size ?? fields.hidden_size,
      absolutePositions: fields.position_biased_input,
      relative,
      contentToPosition: fields.pos_att_type.includes('c2p'),
      positionToContent: fields.pos_att_type.includes('p2c'),
      convolution: width > 0 ? { width, activation: fields.conv_act } : undefined,
    };
  },
  encode(model, config) {
    const { hidden, layers, relative, epsilon } = config;
    const embedded = embeddings(model, config);
    model.enter('shared');
    const positions = relative && relativePositions(model, relative, config);
    let x = embedded;
    for (let layer = 0; layer < layers; layer++) {
      x = debertaLayer(model, config, x, layer, positions);
      if (layer > 0 || !config.convolution) continue;
      const convolved = convolution(model, embedded, config.convolution.width);
      const dropped = model.dropped(convolved, 'convolution', config.hiddenDropout);
      x = model.norm(addAll(x, activate[config.convolution.activation](dropped)), 'encoder.conv.LayerNorm', epsilon);
    }
    return x;

    function relativePositions(
      builder: ModelBuilder,
      { buckets, longest, normalized }: RelativeAttention,
      { maxLength }: DebertaConfig,
    ): Positions {
      const span = buckets || longest;
      const table = builder.weight('encoder.rel_embeddings.weight', [2 * span, hidden]);
      const bucketOf = (offset: number) =>
        // Reversed: the offset counts from query to key here, from key to query there.
        Math.max(0, Math.min(2 * span - 1, span + debertaBucket(-offset, buckets, longest)));
      return {
        ids: byRelativePosition(builder, bucketOf, maxLength),
        embeddings: normalized ? builder.norm(table, 'encoder.LayerNorm', epsilon) : table,
      };
    }
  },
};

interface Positions {
  /** Row of the embeddings for each query and key: int64 [T, T]. */
  readonly ids: Tensor;
  /** [rows, H]. */
  readonly embeddings: Tensor;
}

/** Words, with absolute positions and token types where there are any, projected and normalised; 0 for padding. */
function embeddings(model: ModelBuilder, config: DebertaConfig): Tensor {
  const { hidden, embedding, positions, tokenTypes, epsilon, hiddenDropout } = config;
  let x = model.words('embeddings.word_embeddings'); // [B, T, E]
  if (config.absolutePositions) x = add(x, model.firstRows('embeddings.position_embeddings', positions, embedding));
  if (tokenTypes > 0) x = add(x, model.tokenTypeRows('embeddings.token_type_embeddings', tokenTypes, embedding));
  if (embedding !== hidden) x = model.linear(x, 'embeddings.embed_proj', hidden, { bias: false });
  const normalized = model.norm(x, 'embeddings.LayerNorm', epsilon); // [B, T, H]
  // The convolution sees past the last token.
  const present = mul(normalized, unsqueeze(cast(model.attentionMask, 'float32'), 2));
  return model.dropped(present, 'embeddings', hiddenDropout);
}

/**
 * The bucket of a distance: itself up to half of the buckets, then growing with its logarithm; negative for negative
 * distances. Each step in single precision, as the reference rounds.
 */
export function debertaBucket(distance: number, buckets: number, longest: number): number {
  const middle = Math.floor(buckets / 2);
  const size = Math.abs(distance);
  if (buckets === 0 || size <= middle) return distance;
  const { fround } = Math;
  const part = fround(fround(Math.log(fround(size / middle))) / fround(Math.log(fround((longest - 1) / middle))));
  return Math.sign(distance) * (Math.ceil(fround(part * (middle - 1))) + middle);
}

function debertaLayer(
  model: ModelBuilder,
  config: DebertaConfig,
  x: Tensor,
  layer: number,
  positions: Positions | undefined,
): Tensor {
  const { hidden, heads, intermediate, epsilon, hiddenDropout, attentionDropout } = config;
  const { contentToPosition, positionToContent, relative } = config;
  const names = bertNames(layer);
  const at = `encoder.layer.${layer}.attention.self`;
  const site = `layer.${layer}`;
  model.enter(layer);
  const query = model.linear(x, `${at}.query_proj`, hidden);
  const key = model.linear(x, `${at}.key_proj`, hidden);
  const value = model.linear(x, `${at}.value_proj`, hidden);
  const scale = ((hidden / heads) * (1 + Number(contentToPosition) + Number(positionToContent))) ** -0.5;
  const biases: Tensor[] = [];
  if (positions) {
    const dropped = model.dropped(positions.embeddings, `${site}.attention.positions`, hiddenDropout);
    const rows = (projection: string) => {
      const projected = model.linear(dropped, `${at}.${projection}`, hidden);
      // Trained however many distances there are: the one-hot matrix has T² numbers for each, their projection H.
      return gather(projected, positions.ids, 0, { largestOneHot: Infinity });
    };
    if (contentToPosition) {
      biases.push(positionScores(query, rows(relative?.shared ? 'key_proj' : 'pos_key_proj'), heads, scale, 'query'));
    }
    if (positionToContent) {
      biases.push(positionScores(key, rows(relative?.shared ? 'query_proj' : 'pos_query_proj'), heads, scale, 'key'));
    }
  }
  const mixed = model.attention(query, key, value, {
    heads,
    scale,
    bias: biases.length > 0 ? biases.reduce(add) : undefined,
    site: `${site}.attention.weights`,
    rate: attentionDropout,
  });
  const attended = model.postNorm(
    mixed,
    x,
    { linear: names.attentionOutput, norm: names.attentionNorm, epsilon },
    { site: `${site}.attention.output`, rate: hiddenDropout },
  );
  return model.postNorm(
    model.activated(attended, names.intermediate, intermediate, config.activation),
    attended,
    { linear: names.output, norm: names.outputNorm, epsilon },
    { site: `${site}.output`, rate: hiddenDropout },
  );
}

/**
 * Products of queries (or keys) with the embeddings of the positions of all keys (or queries) relative to them.
 *
 * One product for each head and token, over the batch: prompts are short, so this is less than the products with all
 * positions of which the reference then picks some.
 *
 * @param x Queries or keys [B, T, H].
 * @param rows Projected position embeddings by query and key [T, T, H].
 * @returns [B, heads, T, T].
 */
function positionScores(x: Tensor, rows: Tensor, heads: number, alpha: number, of: 'query' | 'key'): Tensor {
  const [batch, tokens, width] = x.shape as [Dim, Dim, number];
  const size = width / heads;
  const byToken = transpose(reshape(x, [batch, tokens, heads, size]), [2, 1, 0, 3]); // [heads, T, B, size]
  const byPair = reshape(rows, [tokens, tokens, heads, size]);
  const pairs = transpose(byPair, of === 'query' ? [2, 0, 1, 3] : [2, 1, 0, 3]); // [heads, T of x, T, size]
  const scores = fusedMatMul(byToken, pairs, { transB: true, alpha }); // [heads, T of x, B, T]
  return transpose(scores, of === 'query' ? [2, 0, 1, 3] : [2, 0, 3, 1]);
}

/** A convolution over the tokens, zeros around them: [B, T, H] → [B, T, H], as one product with neighbours side by side. */
function convolution(model: ModelBuilder, x: Tensor, width: number): Tensor {
  const [batch, , hidden] = x.shape as [Dim, Dim, number];
  const side = (width - 1) / 2;
  const around = zeros([batch, side, hidden], [x]);
  const padded = side > 0 ? concat([around, x, around], 1) : x; // [B, T + 2 side, H]
  const shifted = Array.from({ length: width }, (_, i) =>
    slice(padded, { axis: 1, start: i, ...(i < 2 * side && { end: i - 2 * side }) }),
  );
  const weight = model.weight('encoder.conv.conv.weight', [hidden, hidden, width]);
  const rows = reshape(transpose(weight, [0, 2, 1]), [hidden, width * hidden]);
  return linear(concat(shifted, 2), rows, model.weight('encoder.conv.conv.bias', [hidden]), { transposed: true });
}
