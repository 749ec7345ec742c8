import { IndexError } from './error.ts';

/** A vector of length 1 with the same direction. @throws IndexError for one of zeros or with a value that is not finite */
export function unitVector(vector: Float32Array, name: () => string): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) throw new IndexError(`${name()}: its vector holds NaN or an infinity`);
  if (squares === 0) throw new IndexError(`${name()}: its vector is all zeros, which has no direction`);
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}
