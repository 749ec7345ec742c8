import { add, mul } from './operator/arithmetic.ts';
import { cast } from './operator/cast.ts';
import { erf, tanh } from './operator/elementary.ts';
import { transpose } from './operator/layout.ts';
import { matMul } from './operator/matmul.ts';
import { dynamicQuantizeLinear, matMulInteger } from './operator/quantized.ts';
import { Substitution } from './substitute.ts';
import { GraphError, type Node, nodesOf, scalar, type Tensor } from './tensor.ts';

type Inputs = readonly (Tensor | undefined)[];

/**
 * The same result computed by operators of the ONNX standard only: what is ONNX Runtime's own (com.microsoft) is written
 * out in its parts, so that any runtime can run it. For inference: the result has no gradients.
 *
 * @throws GraphError for an operator that has no parts here.
 */
export function standardOperators(result: Tensor): Tensor {
  const copies = new Substitution();
  for (const node of nodesOf([result])) {
    if (node.domain === '') continue;
    const parts = partsOf[node.type];
    if (!parts) throw new GraphError(`${node.domain}.${node.type} has no form in standard operators`);
    const inputs = node.inputs.map((tensor) => tensor && copies.copy(tensor));
    copies.replace(node.outputs[0] as Tensor, parts(inputs, node));
  }
  return copies.copy(result);
}

/** Operators of ONNX Runtime by the standard operators that give the same. */
const partsOf: Readonly<Record<string, (inputs: Inputs, node: Node) => Tensor>> = {
  Gelu: ([x]) => gelu(x as Tensor),
  BiasGelu: ([x, bias]) => gelu(add(x as Tensor, bias as Tensor)),
  FastGelu([x, bias]) {
    const biased = bias ? add(x as Tensor, bias) : (x as Tensor);
    const cubic = mul(mul(mul(biased, biased), biased), scalar(0.044715));
    const inner = mul(add(biased, cubic), scalar(Math.sqrt(2 / Math.PI)));
    return mul(mul(biased, scalar(0.5)), add(tanh(inner), scalar(1)));
  },
  FusedMatMul([a, b], { attributes: { transA, transB, transBatchA, transBatchB, alpha } }) {
    const left = transBatchA === 1n ? rowsAfterBatch(a as Tensor) : (a as Tensor);
    const right = transBatchB === 1n ? rowsAfterBatch(b as Tensor) : (b as Tensor);
    const product = matMul(
      transA === 1n ? lastTwoExchanged(left) : left,
      transB === 1n ? lastTwoExchanged(right) : right,
    );
    return alpha === 1 ? product : mul(product, scalar(Number(alpha)));
  },
  DynamicQuantizeMatMul([x, w, scale, zeroPoint, bias]) {
    const { y, scale: xScale, zeroPoint: xZero } = dynamicQuantizeLinear(x as Tensor);
    return rescaled(matMulInteger(y, w as Tensor, xZero, zeroPoint), mul(xScale, scale as Tensor), bias);
  },
  MatMulIntegerToFloat: ([a, b, aScale, bScale, aZero, bZero, bias]) =>
    rescaled(matMulInteger(a as Tensor, b as Tensor, aZero, bZero), mul(aScale as Tensor, bScale as Tensor), bias),
};

/** ½ x (1 + erf(x / √2)). */
function gelu(x: Tensor): Tensor {
  return mul(mul(x, scalar(0.5)), add(erf(mul(x, scalar(Math.SQRT1_2))), scalar(1)));
}

function lastTwoExchanged(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** [M, ..., K] → [..., M, K]. */
function rowsAfterBatch(x: Tensor): Tensor {
  const [first = 0, ...others] = x.shape.map((_, axis) => axis);
  return transpose(x, [...others.slice(0, -1), first, others.length]);
}

function rescaled(product: Tensor, scale: Tensor, bias: Tensor | undefined): Tensor {
  const scaled = mul(cast(product, 'float32'), scale);
  return bias ? add(scaled, bias) : scaled;
}
