import { createKernels, type Kernels, maximumPages, pageBytes } from './kernel/kernels.ts';

/** The key of a mask: the same key and size always give the same mask. */
export interface MaskKey {
  readonly seed: number;
  readonly step: number;
  /** Which part of the step's prompts: the index of the micro-batch. */
  readonly part: number;
  /** Index of the dropout site in the encoder. */
  readonly site: number;
}

export interface MaskRequest {
  readonly key: MaskKey;
  readonly size: number;
  /** Probability of a zero, in [0, 1); rounded to 1/65536. */
  readonly rate: number;
}

/**
 * Dropout masks: float32 values that are 0 with the given probability and 1 / (1 − probability) otherwise, so that
 * a product with a mask keeps its expectation (Srivastava et al. 2014, inverted as all frameworks do it).
 *
 * Masks are a function of their key alone: both passes of gradient caching, and a resumed run, get the same masks. Each
 * call reuses the memory: masks of an earlier call are overwritten or detached.
 */
export class DropoutMasks {
  #memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages });
  #kernels: Kernels = createKernels(this.#memory);

  /** One Float32Array per request, valid until the next call. */
  fill(requests: readonly MaskRequest[]): Float32Array[] {
    // Whole 64-byte lines per mask.
    const offsets: number[] = [];
    let bytes = 0;
    for (const { size } of requests) {
      offsets.push(bytes);
      bytes += Math.ceil(size / 16) * 64;
    }
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / pageBytes);
    if (missing > 0) this.#memory.grow(missing);
    return requests.map(({ key, size, rate }, i) => {
      if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate lies in [0, 1), got ${rate}`);
      const offset = offsets[i] as number;
      const threshold = Math.round(rate * 65_536);
      const [low, high] = hashKey(key);
      const padded = Math.ceil(size / 16) * 16;
      this.#kernels.dropoutMask(offset, padded, low, high, threshold, 65_536 / (65_536 - threshold));
      return new Float32Array(this.#memory.buffer, offset, size);
    });
  }
}

/** 64 bits that differ in about half their places between any two keys (murmur3's mixing, two seeds). */
function hashKey({ seed, step, part, site }: MaskKey): [number, number] {
  let low = 0x2545f491;
  let high = 0x9e3779b9;
  for (const word of [seed, step, part, site]) {
    low = mix(low ^ word);
    high = mix((high + Math.imul(word, 0x85ebca6b)) ^ low);
  }
  return [low, high];
}

function mix(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) + 0x6d2b79f5;
}
