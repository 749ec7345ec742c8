import { firstNotFinite } from '../formats/tensor-store.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { RelbertError } from '../text/relbert-error.ts';

/** An embedding that is unusable: not finite, or zero. */
export class EmbeddingError extends RelbertError {
  override readonly name = 'EmbeddingError';
  readonly pair: WordPair;

  constructor(pair: WordPair, problem: string) {
    super(
      `the embedding of the pair ${JSON.stringify([pair.head, pair.tail])} ${problem}: ` +
        "the model's weights are damaged, or its training diverged",
    );
    this.pair = pair;
  }
}

/**
 * @param hidden Length of one row of the pooling: each is checked for zeros.
 * @throws EmbeddingError for an embedding that holds NaN or an infinity, or is zero
 */
export function checkEmbedding(embedding: Float32Array, hidden: number, pair: WordPair): void {
  const place = firstNotFinite(embedding);
  if (place >= 0) throw new EmbeddingError(pair, `is not finite (${embedding[place]} at place ${place})`);
  for (let start = 0; start < embedding.length; start += hidden) {
    if (embedding.subarray(start, start + hidden).every((value) => value === 0)) {
      throw new EmbeddingError(pair, 'is zero');
    }
  }
}
