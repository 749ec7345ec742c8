import { type Dim, input, l2Normalize, matMul, reshape, type Tensor } from '../graph/index.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { suggestion } from '../text/nearest-name.ts';

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
export const poolings = [
  'average_no_mask',
  'average',
  'sum_no_mask',
  'mask',
  'cls',
  'difference',
  'average+difference',
] as const;

export type Pooling = (typeof poolings)[number];

/** An unknown pooling, or a prompt without the tokens that a pooling needs. */
export class PoolingError extends Error {
  override readonly name = 'PoolingError';
}

/** The pooling of a name. Throws {@link PoolingError} with the nearest and all valid names. */
export function parsePooling(name: string): Pooling {
  const found = poolings.find((pooling) => pooling === name);
  if (found) return found;
  throw new PoolingError(`unknown pooling '${name}'${suggestion(name, poolings)}; poolings: ${poolings.join(', ')}`);
}

/** Number of weighted sums that a pooling takes: R. */
export function poolingRowCount(pooling: Pooling): number {
  return pooling === 'average+difference' ? 2 : 1;
}

/** Dimension of a pooled vector. */
export function pooledSize(pooling: Pooling, hidden: number): number {
  return poolingRowCount(pooling) * hidden;
}

/**
 * The weights with which a pooling adds the hidden states of a prompt up: R rows over its T tokens.
 *
 * @throws PoolingError where the prompt has no token of the kind that the pooling needs.
 */
export function poolingRows(pooling: Pooling, prompt: EncodedPrompt): number[][] {
  switch (pooling) {
    case 'average_no_mask':
      return [averageNoMask(pooling, prompt)];
    case 'average':
      return [mean(prompt.ids.length, everyToken(pooling, prompt))];
    case 'sum_no_mask':
      return [sum(prompt.ids.length, notMask(pooling, prompt), 1)];
    case 'mask':
      if (prompt.mask.length === 0) {
        throw new PoolingError(
          `pooling 'mask' needs a mask token, and the prompt has none: write <mask> into the template or choose another pooling`,
        );
      }
      return [mean(prompt.ids.length, prompt.mask)];
    case 'cls':
      return [mean(prompt.ids.length, everyToken(pooling, prompt).slice(0, 1))];
    case 'difference':
      return [difference(pooling, prompt)];
    case 'average+difference':
      return [averageNoMask(pooling, prompt), difference(pooling, prompt)];
  }
}

function averageNoMask(pooling: Pooling, prompt: EncodedPrompt): number[] {
  return mean(prompt.ids.length, notMask(pooling, prompt));
}

function everyToken(pooling: Pooling, { ids }: EncodedPrompt): number[] {
  if (ids.length === 0) throw new PoolingError(`pooling '${pooling}' needs a token, and the prompt has none`);
  return [...ids.keys()];
}

function notMask(pooling: Pooling, { ids, mask }: EncodedPrompt): number[] {
  const left = new Set(mask);
  const kept = [...ids.keys()].filter((position) => !left.has(position));
  if (kept.length === 0)
    throw new PoolingError(`pooling '${pooling}' needs a token that is no mask, and the prompt has none`);
  return kept;
}

function difference(pooling: Pooling, { ids, head, tail }: EncodedPrompt): number[] {
  for (const [word, positions] of [
    ['head', head],
    ['tail', tail],
  ] as const) {
    if (positions.length > 0) continue;
    throw new PoolingError(
      `pooling '${pooling}' needs tokens of the ${word} word, and the prompt has none: is the word blank, or missing in the template?`,
    );
  }
  const weights = mean(ids.length, tail);
  for (const position of head) weights[position] = (weights[position] as number) - 1 / head.length;
  return weights;
}

function mean(tokens: number, positions: readonly number[]): number[] {
  return sum(tokens, positions, 1 / positions.length);
}

function sum(tokens: number, positions: readonly number[], weight: number): number[] {
  const weights = Array.from({ length: tokens }, () => 0);
  for (const position of positions) weights[position] = (weights[position] as number) + weight;
  return weights;
}

/** The graph input for the weights of a batch: `pooling`, float32 [B, R, T], 0 for padding. */
export function poolingInput(pooling: Pooling): Tensor {
  return input('pooling', 'float32', ['B', poolingRowCount(pooling), 'T']);
}

/**
 * Pooled vectors: hidden [B, T, H], weights [B, R, T] → [B, R·H]. The two rows of `average+difference` are divided by
 * their norms.
 */
export function poolHidden(hidden: Tensor, weights: Tensor, pooling: Pooling): Tensor {
  const sums = matMul(weights, hidden); // [B, R, H]
  const rows = pooling === 'average+difference' ? l2Normalize(sums) : sums;
  return reshape(rows, [hidden.shape[0] as Dim, -1]);
}
