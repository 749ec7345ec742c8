import { add, constant, gather, range, sub, type Tensor, transpose, unsqueeze } from '../graph/index.ts';
import type { ModelBuilder } from './model-builder.ts';
import { whole } from './word-lookup.ts';

/** Half of them for each direction. */
const buckets = 32;
/** Distances from here on share the last bucket. */
const largestDistance = 128;

/**
 * The bucket that a relative position falls into (Raffel et al. 2020, section 2.1, in the form that MPNet uses): half of
 * the buckets for each direction, of these the first half one a distance, the rest growing with its logarithm.
 *
 * @param offset Position of the key minus position of the query.
 * @returns 0 to 31.
 */
export function relativePositionBucket(offset: number): number {
  const half = buckets / 2;
  const exact = half / 2;
  const side = offset > 0 ? half : 0;
  const distance = Math.abs(offset);
  if (distance < exact) return side + distance;
  // Each step in single precision, as the reference rounds: a distance on a border would else change its bucket.
  const { fround } = Math;
  const logarithm = fround(Math.log(fround(distance / exact)));
  const part = fround(fround(logarithm / fround(Math.log(largestDistance / exact))) * (half - exact));
  return side + Math.min(exact + Math.trunc(part), half - 1);
}

/**
 * A number for each query and key that depends on how far apart they are: int64 [T, T] (row: query, column: key).
 *
 * @param bucketOf From position of the key minus position of the query.
 * @param maxLength The largest T.
 */
export function byRelativePosition(
  model: ModelBuilder,
  bucketOf: (offset: number) => number,
  maxLength: number,
): Tensor {
  const reach = maxLength - 1;
  const byOffset = BigInt64Array.from({ length: 2 * reach + 1 }, (_, i) => BigInt(bucketOf(i - reach)));
  const index = range('T', [model.inputIds]);
  const offset = sub(unsqueeze(index, 0), unsqueeze(index, 1)); // [T, T]
  return gather(constant(byOffset, [byOffset.length]), add(offset, whole(reach)));
}

/** Attention bias by relative position [1, heads, T, T] from a table [buckets, heads]. */
export function relativeAttentionBias(
  model: ModelBuilder,
  table: { readonly name: string; readonly buckets: number; readonly heads: number },
  maxLength: number,
): Tensor {
  const ids = byRelativePosition(model, relativePositionBucket, maxLength);
  const rows = model.rows(table.name, table.buckets, table.heads, ids); // [T, T, heads]
  return unsqueeze(transpose(rows, [2, 0, 1]), 0);
}
