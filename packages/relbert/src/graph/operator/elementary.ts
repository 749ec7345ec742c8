import { nodeOf, scalar, type Tensor } from '../tensor.ts';
import { div, mul, neg } from './arithmetic.ts';

/** eˣ. */
export function exp(x: Tensor): Tensor {
  return unary('Exp', x, (dy, y) => mul(dy, y));
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary('Log', x, (dy) => div(dy, x));
}

/** Square root. */
export function sqrt(x: Tensor): Tensor {
  return unary('Sqrt', x, (dy, y) => div(mul(dy, scalar(0.5)), y));
}

/** 1/x. */
export function reciprocal(x: Tensor): Tensor {
  return unary('Reciprocal', x, (dy, y) => neg(mul(dy, mul(y, y))));
}

/** x². */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** xᵖ for a constant exponent. */
export function pow(x: Tensor, exponent: number): Tensor {
  if (exponent === 1) return x;
  if (exponent === 2) return square(x);
  return nodeOf({
    type: 'Pow',
    inputs: [x, scalar(exponent)],
    shape: x.shape,
    gradient: (dy) => [mul(dy, mul(scalar(exponent), pow(x, exponent - 1)))],
  });
}

/** |x|; gradient 0 at 0. */
export function abs(x: Tensor): Tensor {
  return unary('Abs', x, (dy) => mul(dy, sign(x)));
}

/** −1, 0 or 1; no gradient flows through it. */
export function sign(x: Tensor): Tensor {
  return nodeOf({ type: 'Sign', inputs: [x], shape: x.shape, dtype: x.dtype, gradient: () => [undefined] });
}

/** The error function. */
export function erf(x: Tensor): Tensor {
  return unary('Erf', x, (dy) => mul(mul(dy, scalar(2 / Math.sqrt(Math.PI))), exp(neg(mul(x, x)))));
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  // dy (1 − y²)
  return unary('Tanh', x, (dy, y) => {
    const z = mul(dy, y);
    return nodeOf({ type: 'Sub', inputs: [dy, mul(z, y)], shape: x.shape });
  });
}

/** sin x. */
export function sin(x: Tensor): Tensor {
  return unary('Sin', x, (dy) => mul(dy, cos(x)));
}

/** cos x. */
export function cos(x: Tensor): Tensor {
  return unary('Cos', x, (dy) => neg(mul(dy, sin(x))));
}

function unary(type: string, x: Tensor, gradient: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  return nodeOf({
    type,
    inputs: [x],
    dtype: x.dtype,
    shape: x.shape,
    gradient: (dy, y) => [gradient(dy, y)],
  });
}
