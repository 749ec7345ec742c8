import { type BertConfig, bertConfig, bertFields, count, readFields } from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { bertNames, postNormLayer } from './post-norm-layer.ts';

/** ELECTRA (Clark et al. 2020): BERT, with word embeddings that may be smaller than the hidden states. */
export const electra: Family<BertConfig> = {
  modelTypes: ['electra'],
  prefix: 'electra.',
  tiedWords: 'generator_lm_head.weight',
  config(json) {
    const fields = readFields(json, { ...bertFields, embedding_size: count(128) });
    return { ...bertConfig(fields), embedding: fields.embedding_size };
  },
  encode(model, config) {
    const { embedding, hidden, layers, tokenTypes } = config;
    let x = bertEmbeddings(model, config, { positions: 'index', tokenTypes });
    if (embedding !== hidden) x = model.linear(x, 'embeddings_project', hidden);
    for (let layer = 0; layer < layers; layer++) {
      x = postNormLayer(model, config, x, { layer, names: bertNames(layer), last: layer === layers - 1 });
    }
    return x;
  },
};
