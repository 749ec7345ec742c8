import { Random } from '../data/random.ts';
import type { Tensor } from '../graph/index.ts';

/** A weight that starts at random. */
export interface HeadWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * First values of the weights of the losses: uniform in ±1/√n with n the length of the longest of them (the inputs of
 * the classifier), as PyTorch fills a linear layer, weights and bias alike.
 */
export function initialHead(head: readonly Tensor[], seed: number): HeadWeight[] {
  const random = new Random(seed ^ 0x68656164);
  const shapes = head.map(({ shape }) => shape.map(Number));
  const sizes = shapes.map((shape) => shape.reduce((product, dim) => product * dim, 1));
  const bound = 1 / Math.sqrt(Math.max(1, ...sizes));
  return head.map(({ origin }, i) => {
    if (origin.kind !== 'input') throw new TypeError('a weight of the loss must be an input of the graph');
    return {
      name: origin.name,
      shape: shapes[i] as number[],
      data: Float32Array.from({ length: sizes[i] as number }, () => random.uniform(-bound, bound)),
    };
  });
}
