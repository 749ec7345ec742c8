import {
  activation,
  type BertConfig,
  bertConfig,
  bertFields,
  check,
  count,
  probability,
  readFields,
} from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { type LayerNames, postNormLayer } from './post-norm-layer.ts';

interface AlbertConfig extends BertConfig {
  /** Groups of layers with different weights; the layers are spread over them evenly. */
  readonly groups: number;
  /** Layers with different weights inside a group; each of the `layers` steps applies all of them. */
  readonly layersPerGroup: number;
}

/**
 * ALBERT (Lan et al. 2020): word embeddings smaller than the hidden states and projected up to them, and layers that
 * share the weights of their group. No dropout after the feed-forward layer.
 */
export const albert: Family<AlbertConfig> = {
  modelTypes: ['albert'],
  prefix: 'albert.',
  tiedWords: 'predictions.decoder.weight',
  config(json) {
    const fields = readFields(json, {
      ...bertFields,
      embedding_size: count(),
      hidden_act: activation('gelu_new'),
      hidden_dropout_prob: probability(0),
      attention_probs_dropout_prob: probability(0),
      num_hidden_groups: count(1),
      inner_group_num: count(1, 64),
    });
    const { num_hidden_groups: groups, num_hidden_layers: layers, embedding_size: embedding } = fields;
    check(groups <= layers, `num_hidden_groups ${groups} is more than the ${layers} hidden layers`);
    return { ...bertConfig(fields), embedding, groups, layersPerGroup: fields.inner_group_num };
  },
  encode(model, config) {
    const { layers, groups, layersPerGroup, hidden, tokenTypes } = config;
    let x = bertEmbeddings(model, config, { positions: 'index', tokenTypes }); // [B, T, E]
    x = model.linear(x, 'encoder.embedding_hidden_mapping_in', hidden); // [B, T, H]
    for (let step = 0; step < layers; step++) {
      // The steps are spread over the groups as the reference spreads them, rounding included.
      const group = Math.floor(step / (layers / groups));
      for (let inner = 0; inner < layersPerGroup; inner++) {
        const names = albertNames(`encoder.albert_layer_groups.${group}.albert_layers.${inner}`);
        const layer = step * layersPerGroup + inner;
        const last = layer === layers * layersPerGroup - 1;
        x = postNormLayer(model, config, x, { layer, names, last, dropout: { attention: true, feedForward: false } });
      }
    }
    return x;
  },
};

function albertNames(at: string): LayerNames {
  return {
    query: `${at}.attention.query`,
    key: `${at}.attention.key`,
    value: `${at}.attention.value`,
    attentionOutput: `${at}.attention.dense`,
    attentionNorm: `${at}.attention.LayerNorm`,
    intermediate: `${at}.ffn`,
    output: `${at}.ffn_output`,
    outputNorm: `${at}.full_layer_layer_norm`,
  };
}
