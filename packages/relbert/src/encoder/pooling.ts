/** @file A pooling of the table as weights of tokens, as a part of a graph, and as Python. */
import {
  add,
  cast,
  concat,
  constant,
  type Dim,
  div,
  equal,
  input,
  l2Normalize,
  matMul,
  maximum,
  mul,
  not,
  range,
  reduceSum,
  reshape,
  scalar,
  sub,
  type Tensor,
  unsqueeze,
} from '../graph/index.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { suggestion } from '../text/nearest-name.ts';
import { PoolingError } from './pooling-error.ts';
import { type PooledTokens, type Pooling, type PoolingTerm, poolingDefinition, poolings } from './pooling-table.ts';

export { PoolingError } from './pooling-error.ts';
export { type Pooling, poolings } from './pooling-table.ts';

/** The pooling of a name. @throws {@link PoolingError} with the nearest and all valid names */
export function parsePooling(name: string): Pooling {
  const found = poolings.find((pooling) => pooling === name);
  if (found) return found;
  throw new PoolingError(`unknown pooling '${name}'${suggestion(name, poolings)}; poolings: ${poolings.join(', ')}`);
}

/** Whether the prompt needs a mask token. */
export function needsMask(pooling: Pooling): boolean {
  return poolingDefinition(pooling)
    .rows.flat()
    .some(({ of }) => of === 'mask');
}

/** Number of weighted sums that a pooling takes: R. */
export function poolingRowCount(pooling: Pooling): number {
  return poolingDefinition(pooling).rows.length;
}

/** Whether a pooling reads few tokens of a prompt, whatever its length. */
export function readsFew(pooling: Pooling): boolean {
  return poolingDefinition(pooling)
    .rows.flat()
    .every(({ of }) => of !== 'all' && of !== 'unmasked');
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
  return poolingDefinition(pooling).rows.map((terms) => {
    const weights = Array.from({ length: prompt.ids.length }, () => 0);
    for (const { of, sum, minus } of terms) {
      const positions = positionsOf(of, prompt);
      if (positions.length === 0) throw new PoolingError(`pooling '${pooling}' needs ${missing[of]}`);
      const weight = (minus ? -1 : 1) / (sum ? 1 : positions.length);
      for (const position of positions) weights[position] = (weights[position] as number) + weight;
    }
    return weights;
  });
}

function positionsOf(tokens: PooledTokens, { ids, head, tail, mask }: EncodedPrompt): readonly number[] {
  switch (tokens) {
    case 'all':
      return [...ids.keys()];
    case 'first':
      return [...ids.keys()].slice(0, 1);
    case 'mask':
      return mask;
    case 'unmasked':
      return [...ids.keys()].filter((position) => !mask.includes(position));
    case 'head':
      return head;
    case 'tail':
      return tail;
  }
}

const missing: Readonly<Record<PooledTokens, string>> = {
  all: 'a token, and the prompt has none',
  first: 'a token, and the prompt has none',
  mask: 'a mask token, and the prompt has none: write <mask> into the template or choose another pooling',
  unmasked: 'a token that is not a mask, and the prompt has none',
  head: 'tokens of the head word, and the prompt has none: is the word blank, or missing in the template?',
  tail: 'tokens of the tail word, and the prompt has none: is the word blank, or missing in the template?',
};

/** The graph input for the weights of a batch: `pooling`, float32 [B, R, T] (or of other tokens), 0 for padding. */
export function poolingInput(pooling: Pooling, tokens: Dim = 'T'): Tensor {
  return input('pooling', 'float32', ['B', poolingRowCount(pooling), tokens]);
}

/**
 * Pooled vectors: hidden [B, T, H], weights [B, R, T] → [B, R·H]. The two rows of `average+difference` are divided by
 * their norms.
 */
export function poolHidden(hidden: Tensor, weights: Tensor, pooling: Pooling): Tensor {
  const sums = matMul(weights, hidden); // [B, R, H]
  const rows = poolingDefinition(pooling).normalized ? l2Normalize(sums) : sums;
  return reshape(rows, [hidden.shape[0] as Dim, -1]);
}

/**
 * The weights [B, R, T] computed in the graph itself from ids and attention mask, and the names of the further inputs
 * that this takes: int64 [B, T], 1 for the tokens of a word.
 *
 * @param maskId Id of the mask token.
 */
export function poolingFromTokens(
  pooling: Pooling,
  { inputIds, attentionMask }: { readonly inputIds: Tensor; readonly attentionMask: Tensor },
  maskId: number,
): { readonly weights: Tensor; readonly inputs: readonly string[] } {
  const { rows } = poolingDefinition(pooling);
  const present = cast(attentionMask, 'float32'); // [B, T]
  const isMask = equal(inputIds, constant(BigInt64Array.of(BigInt(maskId)), []));
  const isFirst = (): Tensor => equal(range('T', [inputIds]), constant(BigInt64Array.of(0n), [])); // [T]
  const chosen: Readonly<Record<PooledTokens, () => Tensor>> = {
    all: () => present,
    first: () => mul(present, cast(isFirst(), 'float32')),
    mask: () => mul(present, cast(isMask, 'float32')),
    unmasked: () => mul(present, cast(not(isMask), 'float32')),
    head: () => mul(present, cast(input('head_mask', 'int64', ['B', 'T']), 'float32')),
    tail: () => mul(present, cast(input('tail_mask', 'int64', ['B', 'T']), 'float32')),
  };
  const row = (terms: readonly PoolingTerm[]): Tensor =>
    terms
      .map(({ of, sum, minus }) => ({ minus, weights: sum ? chosen[of]() : mean(chosen[of]()) }))
      .reduce<Tensor | undefined>(
        (total, { minus, weights }) => (!total ? weights : minus ? sub(total, weights) : add(total, weights)),
        undefined,
      ) as Tensor;
  const all = rows.map((terms) => unsqueeze(row(terms), 1)); // [B, 1, T] each
  const used = new Set(rows.flat().map(({ of }) => of));
  return {
    weights: all.length === 1 ? (all[0] as Tensor) : concat(all, 1),
    inputs: (['head', 'tail'] as const).filter((word) => used.has(word)).map((word) => `${word}_mask`),
  };
}

/** Weights divided by their sum; zeros where there are none. */
function mean(weights: Tensor): Tensor {
  return div(weights, maximum(reduceSum(weights, 1, { keepDims: true }), scalar(1)));
}

/**
 * A pooling as a Python expression over `hidden` [T, H], `ids`, `mask_id`, and `rows(placeholder)`, which gives the
 * positions of a word.
 */
export function poolingInPython(pooling: Pooling): string {
  const { rows, normalized } = poolingDefinition(pooling);
  const vectors = rows.map((terms) =>
    terms
      .map(({ of, sum, minus }, i) => {
        const states = `hidden[${pythonPositions[of]}].${sum ? 'sum' : 'mean'}(0)`;
        return i === 0 ? states : `${minus ? '-' : '+'} ${states}`;
      })
      .join(' '),
  );
  const scaled = normalized ? vectors.map((vector) => `torch.nn.functional.normalize(${vector}, dim=0)`) : vectors;
  return scaled.length === 1 ? (scaled[0] as string) : `torch.cat([${scaled.join(', ')}])`;
}

const pythonPositions: Readonly<Record<PooledTokens, string>> = {
  all: ':',
  first: ':1',
  mask: '[i for i, token in enumerate(ids) if token == mask_id]',
  unmasked: '[i for i, token in enumerate(ids) if token != mask_id]',
  head: 'rows("<subj>")',
  tail: 'rows("<obj>")',
};
