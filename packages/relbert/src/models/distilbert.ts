import { type Architecture, type Layer, linear, norm, table } from './architecture.ts';
import type { DistilbertConfig } from './config.ts';

/** DistilBERT (Sanh et al. 2019): BERT without token types, no dropout behind the attention. */
export function distilbertArchitecture(config: DistilbertConfig): Architecture {
  return {
    embeddings: {
      word: table('embeddings.word_embeddings', config.vocabularySize, config.embedding),
      position: table('embeddings.position_embeddings', config.positions, config.embedding),
      positionFrom: 'index',
      norm: norm('embeddings.LayerNorm', config.embedding),
    },
    layers: Array.from({ length: config.layers }, (_, i) => distilbertLayer(`transformer.layer.${i}`, config)),
    dropout: { attentionOutput: false, output: true },
  };
}

function distilbertLayer(name: string, { hidden, intermediate }: DistilbertConfig): Layer {
  return {
    query: linear(`${name}.attention.q_lin`, hidden, hidden),
    key: linear(`${name}.attention.k_lin`, hidden, hidden),
    value: linear(`${name}.attention.v_lin`, hidden, hidden),
    attentionOutput: linear(`${name}.attention.out_lin`, hidden, hidden),
    attentionNorm: norm(`${name}.sa_layer_norm`, hidden),
    intermediate: linear(`${name}.ffn.lin1`, hidden, intermediate),
    output: linear(`${name}.ffn.lin2`, intermediate, hidden),
    outputNorm: norm(`${name}.output_layer_norm`, hidden),
  };
}
