/**
 * @file The two 16-bit float formats that checkpoints are stored in, to and from float32.
 *
 * IEEE 754 binary16 ("F16": 1 sign, 5 exponent, 10 fraction bits) and bfloat16 ("BF16": the upper half of a
 * float32). Node 20 has no Float16Array, so both are computed from their bits.
 */

/** All 65,536 values of binary16, computed at first use. */
let halfValues: Float32Array | undefined;

function tableOfHalfValues(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    let magnitude: number;
    if (exponent === 31) magnitude = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) magnitude = fraction * 2 ** -24;
    else magnitude = (1 + fraction / 1024) * 2 ** (exponent - 15);
    table[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return table;
}

/** binary16 bits → float32, exact. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  halfValues ??= tableOfHalfValues();
  const table = halfValues;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i] as number] as number;
  return values;
}

/** The dot product of a vector in binary16 and another. */
export function halfDot(bits: Uint16Array, other: Float32Array): number {
  halfValues ??= tableOfHalfValues();
  const table = halfValues;
  let sum = 0;
  for (let i = 0; i < other.length; i++) sum += (table[bits[i] as number] as number) * (other[i] as number);
  return sum;
}

/** bfloat16 bits → float32, exact. */
export function bfloatToFloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/**
 * float32 → binary16 bits, rounded to nearest, ties to even, as NumPy and PyTorch round. Magnitudes from 65520
 * upward become infinite; the caller decides whether that is an error.
 */
export function floatToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    let half: number;
    if (magnitude > 0x7f800000) {
      half = 0x7e00 | ((magnitude >>> 13) & 0x1ff); // NaN, kept quiet
    } else if (magnitude >= 0x477ff000) {
      half = 0x7c00; // from 65520 on the nearest is infinity
    } else if (magnitude >= 0x38800000) {
      // normal: rebias the exponent (127 → 15) and round the 13 bits that fall away
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    } else if (magnitude > 0x33000000) {
      // subnormal: the fraction with its leading one, shifted to units of 2^-24
      const shift = 126 - (magnitude >>> 23);
      const fraction = (magnitude & 0x7fffff) | 0x800000;
      const kept = fraction >>> shift;
      const rest = fraction & ((1 << shift) - 1);
      const middle = 1 << (shift - 1);
      half = kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0);
    } else {
      half = 0; // up to 2^-25 the nearest (or even) is zero
    }
    bits[i] = sign | half;
  }
  return bits;
}
