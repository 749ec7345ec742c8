import { readWordVectors } from '../formats/word-vectors.ts';
import { DataError } from '../text/data-error.ts';
import type { PairEmbedder } from './embedding-table.ts';

/** Word vectors as a relation model: the baseline of the paper. */
export interface WordVectorEmbedder {
  /** x(h, t) = v(t) − v(h); the zero vector where one of the words has no vector. */
  readonly embed: PairEmbedder;
  /** The words without a vector among those asked for so far, each once. */
  readonly missing: ReadonlySet<string>;
}

/**
 * An embedder over a file of word vectors in word2vec or GloVe text, gzip or not. Each call reads the file once and
 * keeps the vectors that it needs.
 * @param open The bytes of the file, from its beginning at each call.
 * @throws DataError (from `embed`) where the file has a vector for none of the words: every figure would be chance
 */
export function wordVectorEmbedder(open: () => AsyncIterable<Uint8Array>, file: string): WordVectorEmbedder {
  const missing = new Set<string>();
  return {
    missing,
    async embed(pairs) {
      const words = new Set(pairs.flatMap(({ head, tail }) => [head, tail]));
      const vectors = await readWordVectors(open(), words, file);
      const absent = [...words].filter((word) => !vectors.get(word));
      if (absent.length > 0 && absent.length === words.size) {
        throw new DataError(
          file,
          undefined,
          `has a vector for none of the ${words.size} words of the pairs, such as '${absent[0]}'; expected word vectors of their language`,
        );
      }
      for (const word of absent) missing.add(word);
      const { dimension } = vectors;
      const data = new Float32Array(pairs.length * dimension);
      for (const [i, { head, tail }] of pairs.entries()) {
        const [h, t] = [vectors.get(head), vectors.get(tail)];
        if (!h || !t) continue;
        for (let d = 0; d < dimension; d++) data[i * dimension + d] = (t[d] as number) - (h[d] as number);
      }
      return { data, shape: [pairs.length, dimension] };
    },
  };
}
