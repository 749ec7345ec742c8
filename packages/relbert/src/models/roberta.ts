import type { Architecture } from './architecture.ts';
import { bertEmbeddings, bertLayer } from './bert.ts';
import type { RobertaConfig } from './config.ts';

/**
 * RoBERTa (Liu et al. 2019), XLM-RoBERTa (Conneau et al. 2020) and CamemBERT: BERT's layers, positions counted from
 * the tokens that are not padding, beginning behind the padding token's id.
 */
export function robertaArchitecture(config: RobertaConfig): Architecture {
  return {
    embeddings: bertEmbeddings(config, 'ids'),
    layers: Array.from({ length: config.layers }, (_, i) => bertLayer(`encoder.layer.${i}`, config)),
    dropout: { attentionOutput: true, output: true },
  };
}
