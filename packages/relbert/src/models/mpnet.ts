import { type Architecture, type Layer, linear, norm, table } from './architecture.ts';
import type { MpnetConfig } from './config.ts';

/**
 * MPNet (Song et al. 2020): positions counted from the tokens that are not padding, no token types, and a bias of the
 * attention scores by relative position that all layers share.
 */
export function mpnetArchitecture(config: MpnetConfig): Architecture {
  return {
    embeddings: {
      word: table('embeddings.word_embeddings', config.vocabularySize, config.embedding),
      position: table('embeddings.position_embeddings', config.positions, config.embedding),
      positionFrom: 'ids',
      norm: norm('embeddings.LayerNorm', config.embedding),
    },
    layers: Array.from({ length: config.layers }, (_, i) => mpnetLayer(`encoder.layer.${i}`, config)),
    relativeBias: table('encoder.relative_attention_bias', config.relativeBuckets, config.heads),
    dropout: { attentionOutput: true, output: true },
  };
}

function mpnetLayer(name: string, { hidden, intermediate }: MpnetConfig): Layer {
  return {
    query: linear(`${name}.attention.attn.q`, hidden, hidden),
    key: linear(`${name}.attention.attn.k`, hidden, hidden),
    value: linear(`${name}.attention.attn.v`, hidden, hidden),
    attentionOutput: linear(`${name}.attention.attn.o`, hidden, hidden),
    attentionNorm: norm(`${name}.attention.LayerNorm`, hidden),
    intermediate: linear(`${name}.intermediate.dense`, hidden, intermediate),
    output: linear(`${name}.output.dense`, intermediate, hidden),
    outputNorm: norm(`${name}.output.LayerNorm`, hidden),
  };
}
