import { add, constant, gather, range, sub, type Tensor, transpose, unsqueeze } from '../graph/index.ts';

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
 * Attention bias by relative position.
 *
 * @param biases Table [32 or more, heads].
 * @param tokens A tensor that has the dimension 'T'.
 * @param maxLength The largest T.
 * @returns `ids` int64 [T, T] (row: query, column: key), the `rows` of the table that they name [T, T, heads], and
 *   the `bias` of the scores [1, heads, T, T].
 */
export function relativeAttentionBias(
  biases: Tensor,
  tokens: Tensor,
  maxLength: number,
): { readonly ids: Tensor; readonly rows: Tensor; readonly bias: Tensor } {
  const reach = maxLength - 1;
  const byOffset = BigInt64Array.from({ length: 2 * reach + 1 }, (_, i) => BigInt(relativePositionBucket(i - reach)));
  const index = range('T', [tokens]);
  const offset = sub(unsqueeze(index, 0), unsqueeze(index, 1)); // [T, T]
  const place = add(offset, constant(BigInt64Array.of(BigInt(reach)), []));
  const ids = gather(constant(byOffset, [byOffset.length]), place);
  const rows = gather(biases, ids);
  return { ids, rows, bias: unsqueeze(transpose(rows, [2, 0, 1]), 0) };
}
