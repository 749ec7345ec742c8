import {
  cast,
  constant,
  formatShape,
  gather,
  less,
  maximum,
  minimum,
  mul,
  sub,
  type Tensor,
  unsqueeze,
  where,
} from '../graph/index.ts';
import type { ParameterSet, StoredParameter } from './parameter.ts';

/**
 * A look-up in a table of embeddings. Its gradient is taken with respect to `rows` and added up by `ids` outside of
 * the graph: table[ids[i]] += d rows[i].
 */
export interface Lookup {
  readonly table: { readonly name: string; readonly shape: readonly number[] };
  /** int64, any shape. */
  readonly ids: Tensor;
  /** [...ids, width]. */
  readonly rows: Tensor;
}

export interface WordLookupOptions {
  readonly parameters: ParameterSet;
  /** Name of the table [vocabulary, E]. */
  readonly name: string;
  readonly vocabularySize: number;
  readonly embedding: number;
  /** int64 [B, T]. */
  readonly inputIds: Tensor;
  /** [count, E], for the ids from the vocabulary's size upward. */
  readonly softPrompt?: Float32Array | Tensor | undefined;
}

/** Rows of the word-embedding table, or of the soft prompt: `words` [B, T, E], and the look-up in the table. */
export function wordLookup(options: WordLookupOptions): { readonly words: Tensor; readonly lookup: Lookup } {
  const { parameters, name, vocabularySize, embedding, inputIds, softPrompt } = options;
  const stored = parameters.declare(name, [vocabularySize, embedding]);
  const count = softPrompt === undefined ? 0 : softPromptCount(softPrompt, embedding);
  if (softPrompt === undefined && parameters.int8.get(name)?.scaledColumns === false) {
    const rows = int8Rows(parameters, stored, inputIds);
    return { words: rows, lookup: { table: stored, ids: inputIds, rows } };
  }
  if (softPrompt === undefined || softPrompt instanceof Float32Array) {
    const table = softPrompt ? parameters.extended(stored, softPrompt) : parameters.asStored(stored);
    const rows = gather(table, inputIds);
    return {
      words: rows,
      lookup: { table: { name, shape: [vocabularySize + count, embedding] }, ids: inputIds, rows },
    };
  }
  const ids = minimum(inputIds, whole(vocabularySize - 1));
  const rows = gather(parameters.asStored(stored), ids);
  const place = maximum(sub(inputIds, whole(vocabularySize)), whole(0));
  const isWord = unsqueeze(less(inputIds, whole(vocabularySize)), 2); // [B, T, 1]
  return { words: where(isWord, rows, gather(softPrompt, place)), lookup: { table: stored, ids, rows } };
}

/** Rows of a table that stays in 8 bits: [B, T, E]. */
function int8Rows(parameters: ParameterSet, table: StoredParameter, ids: Tensor): Tensor {
  const scale = gather(parameters.int8Part(table, 'scale'), ids); // [B, T]
  return mul(cast(gather(parameters.int8Part(table, 'w'), ids), 'float32'), unsqueeze(scale, 2));
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
export function whole(value: number): Tensor {
  return constant(BigInt64Array.of(BigInt(value)), []);
}
