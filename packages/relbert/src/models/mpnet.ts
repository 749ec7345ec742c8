import { type BertConfig, bertConfig, bertFields, check, count, readFields } from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { type LayerNames, postNormLayer } from './post-norm-layer.ts';
import { relativeAttentionBias } from './relative-position.ts';

interface MpnetConfig extends BertConfig {
  /** Rows of the table of relative positions' biases; the first 32 are used. */
  readonly relativeBuckets: number;
}

/** Where MPNet's positions start to count, whatever config.json says. */
const padId = 1;

/**
 * MPNet (Song et al. 2020): positions counted over the tokens that are not padding, no token types, and a bias of the
 * attention scores by relative position that all layers share.
 */
export const mpnet: Family<MpnetConfig> = {
  modelTypes: ['mpnet'],
  prefix: 'mpnet.',
  tiedWords: 'lm_head.decoder.weight',
  config(json) {
    const fields = readFields(json, { ...bertFields, relative_attention_num_buckets: count(32) });
    const { relative_attention_num_buckets: relativeBuckets, max_position_embeddings: positions } = fields;
    // The reference sorts into 32 buckets whatever this says: it is the size of the table alone.
    check(relativeBuckets >= 32, `relative_attention_num_buckets must be 32 or more, got ${relativeBuckets}`);
    return { ...bertConfig(fields), padId, maxLength: positions - padId - 1, relativeBuckets };
  },
  encode(model, config) {
    const { relativeBuckets, heads, maxLength, layers } = config;
    let x = bertEmbeddings(model, config, { positions: 'ids' });
    model.enter('shared');
    const table = { name: 'encoder.relative_attention_bias', buckets: relativeBuckets, heads };
    const bias = relativeAttentionBias(model, table, maxLength);
    for (let layer = 0; layer < layers; layer++) {
      x = postNormLayer(model, config, x, { layer, names: mpnetNames(`encoder.layer.${layer}`), bias });
    }
    return x;
  },
};

function mpnetNames(at: string): LayerNames {
  return {
    query: `${at}.attention.attn.q`,
    key: `${at}.attention.attn.k`,
    value: `${at}.attention.attn.v`,
    attentionOutput: `${at}.attention.attn.o`,
    attentionNorm: `${at}.attention.LayerNorm`,
    intermediate: `${at}.intermediate.dense`,
    output: `${at}.output.dense`,
    outputNorm: `${at}.output.LayerNorm`,
  };
}
