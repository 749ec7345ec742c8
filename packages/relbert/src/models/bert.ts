import { type Architecture, type Embeddings, type Layer, linear, norm, table } from './architecture.ts';
import type { BertConfig, RobertaConfig } from './config.ts';

/** BERT (Devlin et al. 2019): positions by index, token types, dropout on both sub-layers. */
export function bertArchitecture(config: BertConfig): Architecture {
  return {
    embeddings: bertEmbeddings(config, 'index'),
    layers: Array.from({ length: config.layers }, (_, i) => bertLayer(`encoder.layer.${i}`, config)),
    dropout: { attentionOutput: true, output: true },
  };
}

/** The embeddings as BERT names them; RoBERTa has the same under the same names. */
export function bertEmbeddings(
  config: BertConfig | RobertaConfig,
  positionFrom: Embeddings['positionFrom'],
): Embeddings {
  return {
    word: table('embeddings.word_embeddings', config.vocabularySize, config.embedding),
    position: table('embeddings.position_embeddings', config.positions, config.embedding),
    positionFrom,
    tokenType: table('embeddings.token_type_embeddings', config.tokenTypes, config.embedding),
    norm: norm('embeddings.LayerNorm', config.embedding),
  };
}

/** A layer as BERT names it; RoBERTa has the same under the same names. */
export function bertLayer(name: string, { hidden, intermediate }: BertConfig | RobertaConfig): Layer {
  return {
    query: linear(`${name}.attention.self.query`, hidden, hidden),
    key: linear(`${name}.attention.self.key`, hidden, hidden),
    value: linear(`${name}.attention.self.value`, hidden, hidden),
    attentionOutput: linear(`${name}.attention.output.dense`, hidden, hidden),
    attentionNorm: norm(`${name}.attention.output.LayerNorm`, hidden),
    intermediate: linear(`${name}.intermediate.dense`, hidden, intermediate),
    output: linear(`${name}.output.dense`, intermediate, hidden),
    outputNorm: norm(`${name}.output.LayerNorm`, hidden),
  };
}
