import { nodeOf, scalar, type Tensor } from '../tensor.ts';
import { add, div, mul, neg, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { greater } from './compare.ts';
import { erf, exp, tanh } from './elementary.ts';
import { reshape } from './reshape.ts';

/** max(x, 0); gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  return nodeOf({
    type: 'Relu',
    inputs: [x],
    shape: x.shape,
    // Comparison and cast run several times faster than Sign.
    gradient: (dy, y) => [mul(dy, cast(greater(y, scalar(0)), 'float32'))],
  });
}

/** x where positive, else slope · x. Default slope 0.01. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return nodeOf({
    type: 'LeakyRelu',
    inputs: [x],
    attributes: { alpha: slope },
    shape: x.shape,
    gradient: (dy) => {
      const positive = cast(greater(x, scalar(0)), 'float32');
      return [mul(dy, add(mul(positive, scalar(1 - slope)), scalar(slope)))];
    },
  });
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: Tensor): Tensor {
  return nodeOf({
    type: 'Sigmoid',
    inputs: [x],
    shape: x.shape,
    gradient: (dy, y) => {
      const z = mul(dy, y);
      return [sub(z, mul(z, y))];
    },
  });
}

/** x · sigmoid(x), also named swish. */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/** log(1 + eˣ), without overflow. */
export function softplus(x: Tensor): Tensor {
  return nodeOf({ type: 'Softplus', inputs: [x], shape: x.shape, gradient: (dy) => [mul(dy, sigmoid(x))] });
}

/** log sigmoid(x) = −softplus(−x). */
export function logSigmoid(x: Tensor): Tensor {
  return neg(softplus(neg(x)));
}

/** x Φ(x), the exact form by the error function ("gelu" in configurations). */
export function gelu(x: Tensor): Tensor {
  return nodeOf({
    type: 'Gelu',
    domain: 'com.microsoft',
    inputs: [x],
    shape: x.shape,
    gradient: (dy) => {
      // Φ(x) + x φ(x) with u = x/√2: ½ (1 + erf u) + u / (√π e^(u²)). Each node is a pass over memory, so that
      // the fewest are wanted: HardSigmoid is ½ + ½ erf u in one, and the quotient saves the change of sign.
      const u = mul(x, scalar(Math.SQRT1_2));
      const density = div(u, exp(mul(u, u)));
      return [mul(dy, add(halfOfOnePlus(erf(u)), mul(density, scalar(1 / Math.sqrt(Math.PI)))))];
    },
  });
}

/** ½ + ½ x for x between −1 and 1, in one pass. */
function halfOfOnePlus(x: Tensor): Tensor {
  return nodeOf({ type: 'HardSigmoid', inputs: [x], attributes: { alpha: 0.5, beta: 0.5 }, shape: x.shape });
}

/** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) ("gelu_new", "gelu_pytorch_tanh"). */
export function geluNew(x: Tensor): Tensor {
  // The operator takes no tensor of rank 0.
  if (x.shape.length === 0) return reshape(geluNew(reshape(x, [1])), []);
  return nodeOf({
    type: 'FastGelu',
    domain: 'com.microsoft',
    inputs: [x],
    shape: x.shape,
    gradient: (dy) => {
      const scale = Math.sqrt(2 / Math.PI);
      const xx = mul(x, x);
      const t = tanh(mul(x, add(mul(xx, scalar(scale * 0.044715)), scalar(scale))));
      // ½ (1 + t) + ½ x (1 − t²) √(2/π) (1 + 3 · 0.044715 x²)
      const inner = mul(x, add(mul(xx, scalar(1.5 * scale * 0.044715)), scalar(0.5 * scale)));
      const slope = add(halfOfOnePlus(t), mul(sub(scalar(1), mul(t, t)), inner));
      return [mul(dy, slope)];
    },
  });
}
