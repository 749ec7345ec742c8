import { type Architecture, type Layer, linear, norm, table } from './architecture.ts';
import type { AlbertConfig } from './config.ts';

/**
 * ALBERT (Lan et al. 2020): word embeddings smaller than the hidden states and projected up to them, and layers that
 * share the weights of their group. A step applies every layer of its group. No dropout behind the feed-forward layer.
 */
export function albertArchitecture(config: AlbertConfig): Architecture {
  const { vocabularySize, embedding, positions, tokenTypes, hidden, layers, groups, layersPerGroup } = config;
  const weights = Array.from({ length: groups }, (_, group) =>
    Array.from({ length: layersPerGroup }, (_, i) =>
      albertLayer(`encoder.albert_layer_groups.${group}.albert_layers.${i}`, config),
    ),
  );
  return {
    embeddings: {
      word: table('embeddings.word_embeddings', vocabularySize, embedding),
      position: table('embeddings.position_embeddings', positions, embedding),
      positionFrom: 'index',
      tokenType: table('embeddings.token_type_embeddings', tokenTypes, embedding),
      norm: norm('embeddings.LayerNorm', embedding),
      projection: linear('encoder.embedding_hidden_mapping_in', embedding, hidden),
    },
    // The steps are spread over the groups as the reference spreads them, rounding included.
    layers: Array.from({ length: layers }, (_, step) => weights[Math.floor(step / (layers / groups))] ?? []).flat(),
    dropout: { attentionOutput: true, output: false },
  };
}

function albertLayer(name: string, { hidden, intermediate }: AlbertConfig): Layer {
  return {
    query: linear(`${name}.attention.query`, hidden, hidden),
    key: linear(`${name}.attention.key`, hidden, hidden),
    value: linear(`${name}.attention.value`, hidden, hidden),
    attentionOutput: linear(`${name}.attention.dense`, hidden, hidden),
    attentionNorm: norm(`${name}.attention.LayerNorm`, hidden),
    intermediate: linear(`${name}.ffn`, hidden, intermediate),
    output: linear(`${name}.ffn_output`, intermediate, hidden),
    outputNorm: norm(`${name}.full_layer_layer_norm`, hidden),
  };
}
