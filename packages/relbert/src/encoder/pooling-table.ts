/** @file What each pooling is. Imports nothing, so that the command line can list the names without loading a model. */

/**
 * Tokens of a prompt, padding never among them: `all` with the special tokens, `first`, `mask` tokens, all but these
 * (`unmasked`), and the tokens of the `head` and `tail` word, all their occurrences.
 */
export type PooledTokens = 'all' | 'first' | 'mask' | 'unmasked' | 'head' | 'tail';

/** A mean or a sum of the hidden states of some tokens. */
export interface PoolingTerm {
  readonly of: PooledTokens;
  readonly sum?: true;
  /** Subtracted from the terms before it. */
  readonly minus?: true;
}

/** A pooled vector: rows side by side, each a combination of terms. */
export interface PoolingDefinition {
  readonly rows: readonly (readonly PoolingTerm[])[];
  /** Whether each row is divided by its Euclidean norm. */
  readonly normalized?: true;
}

const difference: readonly PoolingTerm[] = [{ of: 'tail' }, { of: 'head', minus: true }];

/**
 * How the hidden states of a prompt become one vector (after Ushio et al., EMNLP 2021).
 *
 * - `average_no_mask`: mean over every token but padding and mask, special tokens included (the paper's choice).
 * - `average`: mean over every token but padding.
 * - `sum_no_mask`: the sum that belongs to `average_no_mask`, which is what the Python package computes.
 * - `mask`: the mask token; the mean where there are several.
 * - `cls`: the first token.
 * - `difference`: mean over the tail word's tokens minus mean over the head word's, all occurrences.
 * - `average+difference`: `average_no_mask` and `difference`, each divided by its Euclidean norm, side by side.
 */
export const poolingTable = {
  average_no_mask: { rows: [[{ of: 'unmasked' }]] },
  average: { rows: [[{ of: 'all' }]] },
  sum_no_mask: { rows: [[{ of: 'unmasked', sum: true }]] },
  mask: { rows: [[{ of: 'mask' }]] },
  cls: { rows: [[{ of: 'first' }]] },
  difference: { rows: [difference] },
  'average+difference': { rows: [[{ of: 'unmasked' }], difference], normalized: true },
} as const satisfies Readonly<Record<string, PoolingDefinition>>;

export type Pooling = keyof typeof poolingTable;

/** The names of the poolings. */
export const poolings = Object.keys(poolingTable) as readonly Pooling[];

export function poolingDefinition(pooling: Pooling): PoolingDefinition {
  return poolingTable[pooling];
}
