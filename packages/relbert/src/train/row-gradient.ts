import type { ParameterGradient } from './optimiser.ts';

/** Gradients of looked-up rows, a row for each id; ids may repeat. */
export interface LookedUpRows {
  readonly ids: BigInt64Array;
  /** [ids, width]. */
  readonly values: Float32Array;
}

/**
 * The gradient of an embedding table: rows of the same id added up, in the order given (so the same input gives the
 * same bits). By rows, or as the whole table where a row is too short for the optimiser's blocks.
 *
 * @param shape Of the table: [rows, width].
 */
export function tableGradient(
  parts: readonly LookedUpRows[],
  [count, width]: readonly [rows: number, width: number],
): ParameterGradient {
  const places = new Map<number, number>();
  for (const { ids } of parts) {
    for (const id of ids) if (!places.has(Number(id))) places.set(Number(id), places.size);
  }
  const rows = Int32Array.from(places.keys());
  const sums = new Float32Array(rows.length * width);
  for (const { ids, values } of parts) {
    for (let i = 0; i < ids.length; i++) {
      const to = (places.get(Number(ids[i])) as number) * width;
      const from = i * width;
      for (let k = 0; k < width; k++) sums[to + k] = (sums[to + k] as number) + (values[from + k] as number);
    }
  }
  if (width % 4 === 0) return { kind: 'rows', rows, values: sums };
  const whole = new Float32Array(count * width);
  for (const [place, row] of rows.entries()) whole.set(sums.subarray(place * width, (place + 1) * width), row * width);
  return { kind: 'dense', values: whole };
}
