/** Why the values of one vector cannot be compared with others: one is not finite, or all are zero; else undefined. */
export function vectorProblem(data: Float32Array, start = 0, end = data.length): string | undefined {
  let zero = true;
  for (let i = start; i < end; i++) {
    const value = data[i] as number;
    if (!Number.isFinite(value)) return `value ${i - start + 1} is ${value}; vectors hold finite float32 numbers`;
    if (value !== 0) zero = false;
  }
  return zero && end > start ? 'all values are 0: such a vector has no direction to compare' : undefined;
}
