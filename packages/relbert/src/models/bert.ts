import { type BertConfig, bertConfig, bertFields, readFields } from './config.ts';
import { bertEmbeddings } from './embeddings.ts';
import type { Family } from './family.ts';
import { bertNames, postNormLayer } from './post-norm-layer.ts';

/** BERT (Devlin et al. 2019): positions by index, token types. */
export const bert: Family<BertConfig> = {
  modelTypes: ['bert'],
  prefix: 'bert.',
  tiedWords: 'cls.predictions.decoder.weight',
  config: (json) => bertConfig(readFields(json, bertFields)),
  encode(model, config) {
    let x = bertEmbeddings(model, config, { positions: 'index', tokenTypes: config.tokenTypes });
    for (let layer = 0; layer < config.layers; layer++) {
      x = postNormLayer(model, config, x, { layer, names: bertNames(layer), last: layer === config.layers - 1 });
    }
    return x;
  },
};
