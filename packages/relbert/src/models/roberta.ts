import { type BertConfig, bertConfig, bertFields, index, readFields } from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { bertNames, postNormLayer } from './post-norm-layer.ts';

/**
 * RoBERTa (Liu et al. 2019), XLM-RoBERTa (Conneau et al. 2020) and CamemBERT: BERT's layers, positions counted over
 * the tokens that are not padding, from the row after the padding token's on.
 */
export const roberta: Family<BertConfig> = {
  modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
  prefix: 'roberta.',
  tiedWords: 'lm_head.decoder.weight',
  config(json) {
    const fields = readFields(json, { ...bertFields, pad_token_id: index(1) });
    return { ...bertConfig(fields), maxLength: fields.max_position_embeddings - fields.pad_token_id - 1 };
  },
  encode(model, config) {
    let x = bertEmbeddings(model, config, { positions: 'ids', tokenTypes: config.tokenTypes });
    for (let layer = 0; layer < config.layers; layer++) {
      x = postNormLayer(model, config, x, { layer, names: bertNames(layer), last: layer === config.layers - 1 });
    }
    return x;
  },
};
