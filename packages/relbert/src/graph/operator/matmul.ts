import { broadcastShape } from '../broadcast.ts';
import { requireEqual } from '../dimension.ts';
import { type Dim, formatShape, GraphError, nodeOf, type Shape, type Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { transpose } from './layout.ts';
import { flatten, reshape } from './reshape.ts';
import { reduceSum, sumTo } from './sum.ts';

export interface MatMulOptions {
  /** Exchange the last two axes of a first. Default false. */
  readonly transA?: boolean;
  /** Exchange the last two axes of b first. Default false. */
  readonly transB?: boolean;
  /** A factor of the product. Default 1. */
  readonly alpha?: number;
}

/** a · b over the last two axes, [..., M, K] · [..., K, N] → [..., M, N]; leading axes broadcast. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  return fusedMatMul(a, b);
}

/** alpha · op(a) · op(b), where op may exchange the last two axes without a copy. */
export function fusedMatMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  const { transA = false, transB = false, alpha = 1 } = options;
  const plain = !transA && !transB && alpha === 1;
  return nodeOf({
    type: plain ? 'MatMul' : 'FusedMatMul',
    domain: plain ? '' : 'com.microsoft',
    inputs: [a, b],
    attributes: plain ? {} : { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n, alpha },
    shape: productShape(a, b, transA, transB),
    gradient: (dy) => {
      const scale = { alpha };
      const da = transA
        ? fusedMatMul(b, dy, { ...scale, transA: transB, transB: true })
        : fusedMatMul(dy, b, { ...scale, transB: !transB });
      return [sumTo(da, a), weightGradient(a, b, dy, transA, transB, alpha)];
    },
  });
}

/**
 * d/db. Where b is one matrix for a whole batch (a weight), the batch is flattened into the rows of one product:
 * [B*T, H]ᵀ · [B*T, K], instead of B products and a sum over them.
 */
function weightGradient(a: Tensor, b: Tensor, dy: Tensor, transA: boolean, transB: boolean, alpha: number): Tensor {
  const shared = b.shape.length === 2 && a.shape.length > 2 && !transA;
  const left = shared ? rows(a) : a;
  const right = shared ? rows(dy) : dy;
  const db = transB
    ? fusedMatMul(right, left, { alpha, transA: true, transB: transA })
    : fusedMatMul(left, right, { alpha, transA: !transA });
  return sumTo(db, b);
}

/** [..., N] → [rows, N]. */
function rows(x: Tensor): Tensor {
  return flatten(x, 0, -2);
}

/**
 * x · w + b: x [..., K], w [K, N] (or [N, K] with `transposed`, as PyTorch stores it), b [N] → [..., N].
 * One Gemm over all rows, so that the bias costs no pass of its own.
 */
export function linear(
  x: Tensor,
  w: Tensor,
  b?: Tensor,
  { transposed = false }: { transposed?: boolean } = {},
): Tensor {
  if (w.shape.length !== 2 || x.shape.length < 2) {
    throw new GraphError(
      `linear needs x [..., K] and w of rank 2, got ${formatShape(x.shape)} and ${formatShape(w.shape)}`,
    );
  }
  if (!b) return fusedMatMul(x, w, { transB: transposed });
  const flat = gemm(x.shape.length === 2 ? x : rows(x), w, b, { transB: transposed });
  return reshape(flat, [...x.shape.slice(0, -1), flat.shape[1] as Dim]);
}

/** alpha · op(a) · op(b) + c for matrices; c broadcasts to [M, N]. */
export function gemm(a: Tensor, b: Tensor, c: Tensor | undefined, options: MatMulOptions = {}): Tensor {
  const { transA = false, transB = false, alpha = 1 } = options;
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new GraphError(`gemm needs two matrices, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const shape = productShape(a, b, transA, transB);
  if (c && formatShape(broadcastShape('gemm', shape, c.shape)) !== formatShape(shape)) {
    throw new GraphError(`gemm: ${formatShape(c.shape)} does not broadcast to ${formatShape(shape)}`);
  }
  return nodeOf({
    type: 'Gemm',
    inputs: c ? [a, b, c] : [a, b],
    attributes: { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n, alpha },
    shape,
    gradient: (dy) => [
      transA
        ? gemm(b, dy, undefined, { alpha, transA: transB, transB: true })
        : gemm(dy, b, undefined, { alpha, transB: !transB }),
      // dyᵀ is written out once: a product with an exchanged first factor gathers its columns anew for each block of
      // columns of the result, which takes longer.
      transB
        ? fusedMatMul(transpose(dy, [1, 0]), a, { alpha, transB: transA })
        : gemm(a, dy, undefined, { alpha, transA: !transA }),
      c && sumTo(dy, c),
    ],
  });
}

/** Σ a·b over the last axis: [..., N] · [..., N] → [...]. */
export function dot(a: Tensor, b: Tensor): Tensor {
  return reduceSum(mul(a, b), -1);
}

function productShape(a: Tensor, b: Tensor, transA: boolean, transB: boolean): Shape {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new GraphError(`matMul needs ranks of 2 or more, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new GraphError(
      `matMul needs float32, got ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}`,
    );
  }
  const [m, k] = ends(a.shape, transA);
  const [inner, n] = ends(b.shape, transB);
  requireEqual('matMul', k, inner, a.shape, b.shape);
  return [...broadcastShape('matMul', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
}

function ends(shape: Shape, exchanged: boolean): [Dim, Dim] {
  const [first, second] = shape.slice(-2) as [Dim, Dim];
  return exchanged ? [second, first] : [first, second];
}
