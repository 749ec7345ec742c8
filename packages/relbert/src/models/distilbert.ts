import { activation, type BertConfig, bertFields, count, layerCount, probability, readFields } from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { type LayerNames, postNormLayer } from './post-norm-layer.ts';

/** DistilBERT (Sanh et al. 2019): BERT without token types, no dropout after the attention. */
export const distilbert: Family<BertConfig> = {
  modelTypes: ['distilbert'],
  prefix: 'distilbert.',
  tiedWords: 'vocab_projector.weight',
  config(json) {
    const fields = readFields(json, {
      model_type: bertFields.model_type,
      vocab_size: count(),
      dim: count(),
      n_layers: layerCount(),
      n_heads: count(),
      hidden_dim: count(),
      max_position_embeddings: count(),
      activation: activation('gelu'),
      pad_token_id: bertFields.pad_token_id,
      dropout: probability(0.1),
      attention_dropout: probability(0.1),
    });
    return {
      modelType: fields.model_type,
      vocabularySize: fields.vocab_size,
      hidden: fields.dim,
      embedding: fields.dim,
      layers: fields.n_layers,
      heads: fields.n_heads,
      intermediate: fields.hidden_dim,
      activation: fields.activation,
      epsilon: 1e-12,
      positions: fields.max_position_embeddings,
      maxLength: fields.max_position_embeddings,
      tokenTypes: 0,
      padId: fields.pad_token_id,
      hiddenDropout: fields.dropout,
      attentionDropout: fields.attention_dropout,
    };
  },
  encode(model, config) {
    let x = bertEmbeddings(model, config, { positions: 'index' });
    for (let layer = 0; layer < config.layers; layer++) {
      const names = distilbertNames(`transformer.layer.${layer}`);
      x = postNormLayer(model, config, x, {
        layer,
        names,
        last: layer === config.layers - 1,
        dropout: { attention: false, feedForward: true },
      });
    }
    return x;
  },
};

function distilbertNames(at: string): LayerNames {
  return {
    query: `${at}.attention.q_lin`,
    key: `${at}.attention.k_lin`,
    value: `${at}.attention.v_lin`,
    attentionOutput: `${at}.attention.out_lin`,
    attentionNorm: `${at}.sa_layer_norm`,
    intermediate: `${at}.ffn.lin1`,
    output: `${at}.ffn.lin2`,
    outputNorm: `${at}.output_layer_norm`,
  };
}
