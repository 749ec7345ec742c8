import { IndexError } from './error.ts';

/** A vector of length 1 with the same direction. @throws IndexError for one of zeros or with a value that is not finite */
export function unitVector(vector: Float32Array, name: () => string): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) ** 2;
  if (!Number.isFinite(squares)) throw new IndexError(`${name()}: its vector holds NaN or an infinity`);
  if (squares === 0) throw new IndexError(`${name()}: its vector is all zeros, which has no direction`);
  const scale = 1 / Math.sqrt(squares);
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = (vector[i] as number) * scale;
  return unit;
}
