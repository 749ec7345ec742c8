import {
  add,
  cast,
  constant,
  cumSum,
  equal,
  formatShape,
  gather,
  leading,
  less,
  maximum,
  minimum,
  mul,
  not,
  range,
  sub,
  type Tensor,
  unsqueeze,
  where,
} from '../graph/index.ts';
import type { Embeddings, StoredParameter } from './architecture.ts';
import type { EncoderConfig } from './config.ts';
import type { EncoderKernel } from './kernel.ts';

/**
 * A look-up in a table of embeddings. Its gradient is taken with respect to `rows` and added up by `ids` outside of
 * the graph: table[ids[i]] += d rows[i].
 */
export interface Lookup {
  readonly table: StoredParameter;
  /** int64, any shape. */
  readonly ids: Tensor;
  /** [...ids, width]. */
  readonly rows: Tensor;
}

export interface TokenEmbeddingOptions {
  readonly config: EncoderConfig;
  readonly embeddings: Embeddings;
  readonly kernel: EncoderKernel;
  /** int64 [B, T]. */
  readonly inputIds: Tensor;
  /** int64 [B, T]; left out: type 0. */
  readonly tokenTypeIds?: Tensor | undefined;
  /** [count, E], for the ids from the vocabulary's size upward. */
  readonly softPrompt?: Float32Array | Tensor | undefined;
}

/** norm(words + positions + token types) [B, T, E], and the look-ups that it is made of, that of the words first. */
export function tokenEmbedding(options: TokenEmbeddingOptions): { embedded: Tensor; lookups: Lookup[] } {
  const { config, embeddings, kernel, inputIds, tokenTypeIds } = options;
  const { words, lookup } = wordEmbedding(options);
  const lookups = [lookup];
  const look = (stored: StoredParameter, ids: Tensor): Tensor => {
    const rows = gather(kernel.table(stored), ids);
    lookups.push({ table: stored, ids, rows });
    return rows;
  };
  let others: Tensor; // [T, E] or [B, T, E]
  if (embeddings.positionFrom === 'ids') {
    others = look(embeddings.position, countedPositions(inputIds, config.padId));
  } else {
    // A slice, not a Gather of a Range: ONNX Runtime 1.30 fuses that into EmbedLayerNormalization, and crashes where
    // the range is an output too.
    others = leading(kernel.table(embeddings.position), 'T', [inputIds]);
    lookups.push({ table: embeddings.position, ids: range('T', [inputIds]), rows: others });
  }
  if (embeddings.tokenType) {
    // One row for all tokens where every token has type 0.
    others = add(others, look(embeddings.tokenType, tokenTypeIds ?? constant(BigInt64Array.of(0n), [1])));
  }
  return { embedded: kernel.normalized(add(words, others), embeddings.norm), lookups };
}

/** Positions as RoBERTa counts them: padId + 1, padId + 2 … over the tokens that are not padding; padId for padding. */
function countedPositions(inputIds: Tensor, padId: number): Tensor {
  const tokens = cast(not(equal(inputIds, whole(padId))), 'int64'); // [B, T]
  return add(mul(cumSum(tokens, 1), tokens), whole(padId));
}

/** Rows of the word-embedding table, or of the soft prompt. */
function wordEmbedding(options: TokenEmbeddingOptions): { words: Tensor; lookup: Lookup } {
  const { config, embeddings, kernel, inputIds, softPrompt } = options;
  const { word } = embeddings;
  const count = softPrompt === undefined ? 0 : softPromptCount(softPrompt, config.embedding);
  if (softPrompt === undefined || softPrompt instanceof Float32Array) {
    const rows = gather(kernel.table(word, softPrompt), inputIds); // [B, T, E]
    const table: StoredParameter = { name: word.name, shape: [config.vocabularySize + count, config.embedding] };
    return { words: rows, lookup: { table, ids: inputIds, rows } };
  }
  const ids = minimum(inputIds, whole(config.vocabularySize - 1));
  const rows = gather(kernel.table(word), ids);
  const place = maximum(sub(inputIds, whole(config.vocabularySize)), whole(0));
  const isWord = unsqueeze(less(inputIds, whole(config.vocabularySize)), 2); // [B, T, 1]
  return { words: where(isWord, rows, gather(softPrompt, place)), lookup: { table: word, ids, rows } };
}

function softPromptCount(softPrompt: Float32Array | Tensor, embedding: number): number {
  const shape = softPrompt instanceof Float32Array ? [softPrompt.length / embedding, embedding] : softPrompt.shape;
  const [count, width] = shape;
  if (shape.length !== 2 || width !== embedding || typeof count !== 'number' || !Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `a soft prompt must have the shape [count, ${embedding}] of this model's word embeddings, got ${softPrompt instanceof Float32Array ? `${softPrompt.length} values` : formatShape(shape)}`,
    );
  }
  return count;
}

/** An int64 scalar. */
function whole(value: number): Tensor {
  return constant(BigInt64Array.of(BigInt(value)), []);
}
