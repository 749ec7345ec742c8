import {
  constant,
  dequantizeLinear,
  gather,
  matMul,
  matMulIntegerToFloat,
  maximum,
  minimum,
  mul,
  neg,
  quantizeLinear,
  reduceMax,
  reduceMin,
  reshape,
  scalar,
  slice,
  sub,
  type Tensor,
  topK,
} from '../graph/index.ts';
import type { Linear } from './architecture.ts';
import { type EncoderKernel, ParameterSet } from './kernel.ts';
import { transformerKernel } from './transformer-kernel.ts';

/**
 * Products with weights in 8-bit integers; embeddings, normalisation and attention stay in float32. Inference only.
 *
 * A few features of the hidden states of BERT-like models are thirty times as large as the rest. Rounding everything to
 * a 255th of them would move a `difference` embedding by 17 % (Google analogies: −2.6 points). So what the largest
 * features have above the rest is multiplied in float32 beside the integers (as LLM.int8 does; Dettmers et al. 2022,
 * section 3.2): with c the largest element outside of the K/12 features that reach furthest,
 *
 *     x·W ≈ clip(x, ±c) in uint8 · W in int8  +  (x − clip(x, ±c))[largest features] · W[largest features]
 *
 * which moves the embedding by 6 %. Weights have a scale a column, ±127 steps. On processors without VNNI the runtime
 * adds two products in 16 bits, which cuts off rare large sums: there the result is a little less exact.
 */
export function int8Kernel(epsilon: number): EncoderKernel {
  const parameters = new ParameterSet();
  const known = new Map<Tensor, Split>();
  return transformerKernel(epsilon, parameters, (x, projection) => {
    const { rest, features, above } = remembered(known, x);
    const { steps, scale } = quantizedWeight(parameters, projection);
    const rows = dequantizeLinear(gather(steps, features), scale); // [k, N]
    return [matMulIntegerToFloat(rest, steps, scale, parameters.stored(projection.bias)), matMul(above, rows)];
  });
}

/** One in so many features is taken out of the integers. */
const featuresPerOutlier = 12;
const largest = 127;

interface Split {
  /** clip(x, ±c): uint8 [B, T, K]. */
  readonly rest: { readonly y: Tensor; readonly scale: Tensor; readonly zeroPoint: Tensor };
  /** Which features reach furthest: int64 [k]. */
  readonly features: Tensor;
  /** What they have beyond ±c: [B, T, k]. */
  readonly above: Tensor;
}

/** The parts of a tensor [B, T, K], made once: queries, keys and values are projections of the same one. */
function remembered(known: Map<Tensor, Split>, x: Tensor): Split {
  const found = known.get(x);
  if (found) return found;
  const count = Math.max(1, Math.round((x.shape.at(-1) as number) / featuresPerOutlier));
  const reach = maximum(reduceMax(x, [0, 1]), neg(reduceMin(x, [0, 1]))); // [K]
  const { values, indices } = topK(reach, count + 1);
  const features = slice(indices, { axis: 0, end: count });
  // Of an input of zeros alone the scale must not be 0.
  const limit = maximum(reshape(slice(values, { axis: 0, start: count }), []), scalar(1e-30));
  const scale = mul(limit, scalar(1 / 127));
  const zeroPoint = constant(Uint8Array.of(128), []);
  // Quantising cuts off at 0 and 255, which is −128 and 127 steps.
  const columns = gather(x, features, 2); // [B, T, k]
  const clipped = minimum(maximum(columns, mul(scale, scalar(-128))), limit);
  const made: Split = {
    rest: { y: quantizeLinear(x, scale, zeroPoint), scale, zeroPoint },
    features,
    above: sub(columns, clipped),
  };
  known.set(x, made);
  return made;
}

/** A weight [out, in] as steps int8 [in, out] of a scale [out]. */
function quantizedWeight(parameters: ParameterSet, { weight }: Linear): { steps: Tensor; scale: Tensor } {
  const [out = 0, within = 0] = weight.shape;
  const sources = [weight];
  // Both parts are made from one reading of the weight.
  const known = new WeakMap<Float32Array, QuantizedWeight>();
  const quantized = (data: readonly Float32Array[]): QuantizedWeight => {
    const stored = data[0] as Float32Array;
    const made = known.get(stored) ?? quantizeWeight(stored, out, within);
    known.set(stored, made);
    return made;
  };
  return {
    steps: parameters.input({
      name: `${weight.name}.int8`,
      dtype: 'int8',
      shape: [within, out],
      sources,
      pack: (data) => quantized(data).steps,
    }),
    scale: parameters.input({
      name: `${weight.name}.int8.scale`,
      dtype: 'float32',
      shape: [out],
      sources,
      pack: (data) => quantized(data).scale,
    }),
  };
}

interface QuantizedWeight {
  readonly steps: Int8Array;
  readonly scale: Float32Array;
}

function quantizeWeight(weight: Float32Array, out: number, within: number): QuantizedWeight {
  const steps = new Int8Array(within * out);
  const scale = new Float32Array(out);
  for (let n = 0; n < out; n++) {
    const start = n * within;
    let most = 0;
    for (let k = 0; k < within; k++) most = Math.max(most, Math.abs(weight[start + k] as number));
    const step = Math.fround(most / largest) || 1;
    for (let k = 0; k < within; k++) steps[k * out + n] = Math.round((weight[start + k] as number) / step);
    scale[n] = step;
  }
  return { steps, scale };
}
