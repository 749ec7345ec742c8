import { add, cast, cumSum, equal, mul, not, type Tensor } from '../graph/index.ts';
import type { BertConfig } from './config.ts';
import type { ModelBuilder } from './model-builder.ts';
import { whole } from './word-lookup.ts';

/**
 * norm(words + positions + token types) [B, T, E] under the names that BERT gave them.
 *
 * @param options `tokenTypes`: rows of their table, none by default. `positions`: `index` counts 0, 1, 2 … along the
 *   input; `ids` counts the tokens that are not padding, from padId + 1 on, and gives a padding token the position padId.
 */
export function bertEmbeddings(
  model: ModelBuilder,
  config: BertConfig,
  options: { readonly positions: 'index' | 'ids'; readonly tokenTypes?: number },
): Tensor {
  const { embedding, positions, padId, epsilon, hiddenDropout } = config;
  const words = model.words('embeddings.word_embeddings');
  const table = 'embeddings.position_embeddings';
  let others = // [T, E] or [B, T, E]
    options.positions === 'ids'
      ? model.rows(table, positions, embedding, countedPositions(model.inputIds, padId))
      : model.firstRows(table, positions, embedding);
  if (options.tokenTypes) {
    others = add(others, model.tokenTypeRows('embeddings.token_type_embeddings', options.tokenTypes, embedding));
  }
  const embedded = model.norm(add(words, others), 'embeddings.LayerNorm', epsilon);
  return model.dropped(embedded, 'embeddings', hiddenDropout);
}

/** Positions as RoBERTa counts them: padId + 1, padId + 2 … over the tokens that are not padding; padId for padding. */
function countedPositions(inputIds: Tensor, padId: number): Tensor {
  const tokens = cast(not(equal(inputIds, whole(padId))), 'int64'); // [B, T]
  return add(mul(cumSum(tokens, 1), tokens), whole(padId));
}
