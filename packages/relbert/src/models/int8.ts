import type { Int8Tensor } from '../formats/int8-tensor.ts';
import {
  abs,
  add,
  addAll,
  cast,
  constant,
  div,
  flatten,
  layerNormalization,
  matMul,
  matMulIntegerToFloat,
  maximum,
  mul,
  normalizationOf,
  quantizeLinear,
  reduceMax,
  reduceMin,
  reshape,
  scalar,
  sub,
  type Tensor,
  transpose,
  unsqueeze,
} from '../graph/index.ts';
import { oncePer } from './once-per.ts';
import type { ParameterSet, StoredParameter } from './parameter.ts';

/** Smallest and largest value that each feature of a linear layer's input takes: [in] each. */
export interface InputRange {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** How an input is written as integers. */
export type Int8Input =
  /** x ≈ centres + factors · (q − 128): [in] each. */
  | { readonly kind: 'features'; readonly factors: Float32Array; readonly centres: Float32Array }
  /** x ≈ step · (q − zero), a step for each row; `least` is the smallest value there is, or may be. */
  | { readonly kind: 'rows'; readonly zero: number; readonly least: number };

export interface Int8Options {
  /** By the names of the weights that the input is multiplied by. */
  readonly inputs: ReadonlyMap<string, Int8Input>;
  /**
   * Bits of a weight. 8 where the processor adds products in 32 bits. Processors without VNNI add two of them in 16,
   * where 2 · 255 · 63 just fits, and need 7.
   */
  readonly weightBits: 7 | 8;
  /** Whether the inputs are those that the checkpoint's integers were scaled for. Default false: it is looked at. */
  readonly asStored?: boolean;
}

/** How much further than the calibration saw an input may reach before it is cut off: the error is least from 1.4 to 1.8. */
const margin = 1.6;

/** Which part of a feature's spread, on a logarithmic scale, moves into the weights. */
const migrated = 0.7;

/** What a linear layer is given besides its weight. */
export interface ProductOptions {
  readonly bias: Tensor | undefined;
  /** The weight of the only linear layer that reads the product, of weighted means of its rows. Default: not said. */
  readonly reader?: string | undefined;
}

/**
 * Products with weights in 8-bit integers; embeddings, normalisation and attention stay in float32. Inference only.
 *
 * One integer product a layer: x ≈ c + s·t (q − 128), q uint8, with a centre c and a width s of each feature and one
 * step t for all. A few features of BERT-like models are thirty times as wide as the rest; s is a power of the
 * width, so that most of the spread moves into the weights (SmoothQuant, Xiao et al. 2023), which have a scale a column:
 *
 *     x·Wᵀ + b ≈ (q − 128)·(t s W)ᵀ + (b + c·Wᵀ)
 *
 * c, s and t come from the ranges of calibration prompts: the other prompts of a batch change nothing. In the input of a
 * layer that narrows (after the activation of a feed-forward layer) single tokens are many times as large as the rest: there every
 * row has a step of its values, found when the graph runs.
 *
 * (x − c) / (s·t) costs no pass over x where what makes x can give it: weight and bias of a normalisation, or the scales
 * and the bias of the product whose means x is.
 */
export class Int8Linear {
  readonly #parameters: ParameterSet;
  readonly #options: Int8Options;
  readonly #quantized = new Map<Tensor, QuantizedInput>();
  /** Weights whose inputs come in steps. */
  readonly #inSteps = new Set<string>();
  /** Inputs whose least value is that of their activation. */
  readonly #boundedBelow = new Set<Tensor>();

  constructor(parameters: ParameterSet, options: Int8Options) {
    this.#parameters = parameters;
    this.#options = options;
  }

  /** Says that x comes out of an activation with a bound just below 0, so that no row is searched for its least value. */
  setBoundedBelow(x: Tensor): void {
    this.#boundedBelow.add(x);
  }

  /** x·weightᵀ + bias; in the reader's steps where there is one that takes them. */
  product(x: Tensor, weight: StoredParameter, { bias, reader }: ProductOptions): Tensor {
    const { inputs, weightBits, asStored = false } = this.#options;
    const [out = 0] = weight.shape;
    const known = { inSteps: this.#inSteps.has(weight.name), boundedBelow: this.#boundedBelow.has(x) };
    const input = this.#quantized.get(x) ?? quantizedInput(x, inputs.get(weight.name), weight, known);
    this.#quantized.set(x, input);
    const { w, scale, offset } =
      asStored && weightBits === 8 && this.#parameters.int8.has(weight.name)
        ? storedWeight(this.#parameters, weight, input)
        : quantizedWeight(this.#parameters, weight, input, weightBits);
    const shifted = offset && bias ? add(bias, offset) : (offset ?? bias);
    const a = { y: input.q, scale: scalar(1), zeroPoint: input.zeroPoint };
    if (!input.rowSteps) {
      const read = reader === undefined ? undefined : inputs.get(reader);
      if (read?.kind !== 'features' || reader === undefined || !shifted) {
        return matMulIntegerToFloat(a, transpose(w), scale, shifted);
      }
      this.#inSteps.add(reader);
      const factors = constant(read.factors, [out]);
      const centred = div(sub(shifted, constant(read.centres, [out])), factors);
      return matMulIntegerToFloat(a, transpose(w), div(scale, factors), centred);
    }
    const product = mul(matMulIntegerToFloat(a, transpose(w), scale), unsqueeze(input.rowSteps, 1)); // [rows, out]
    const restored = reshape(product, [...x.shape.slice(0, -1), out], [x]);
    return shifted ? addAll(restored, shifted) : restored;
  }

  /** x as a sum of a tensor and of constants [in], where it was computed in steps. */
  terms(x: Tensor): { readonly scaled: Tensor; readonly centres: Tensor } | undefined {
    const { normed, factors, centres } = this.#quantized.get(x) ?? {};
    if (!normed || !factors || !centres) return undefined;
    const perFeature = (data: Float32Array) => constant(data, [data.length]);
    return { scaled: mul(normed, perFeature(factors)), centres: perFeature(centres) };
  }
}

/** How an input of a range is written as integers for a weight [out, in]. */
export function int8Input({ low, high }: InputRange, [out = 0, within = 0]: readonly number[]): Int8Input {
  if (out < within) {
    const least = low.reduce((a, b) => Math.min(a, b), 0);
    const most = high.reduce((a, b) => Math.max(a, b), 1e-6);
    return { kind: 'rows', zero: Math.min(128, Math.max(16, Math.round((255 * -least) / (most - least)))), least };
  }
  const widths = low.map((least, k) => Math.max(((high[k] as number) - least) / 2, 1e-6));
  const step = (margin * widths.reduce((most, width) => Math.max(most, width ** (1 - migrated)), 0)) / 127;
  const factors = widths.map((width) => width ** migrated * step);
  return { kind: 'features', factors, centres: low.map((least, k) => (least + (high[k] as number)) / 2) };
}

interface QuantizedInput {
  /** uint8, in the shape of x or as rows [rows, in]. */
  readonly q: Tensor;
  readonly zeroPoint: Tensor;
  readonly factors?: Float32Array;
  readonly centres?: Float32Array;
  /** The step of each row: [rows]. */
  readonly rowSteps?: Tensor;
  /** (x − centres) / factors, where x is normalised. */
  readonly normed?: Tensor;
}

/** @param known `inSteps`: x comes in the steps of the input. `boundedBelow`: `least` holds for every row. */
function quantizedInput(
  x: Tensor,
  input: Int8Input | undefined,
  { name, shape }: StoredParameter,
  { inSteps, boundedBelow }: { readonly inSteps: boolean; readonly boundedBelow: boolean },
): QuantizedInput {
  const within = shape[1] as number;
  if (!input || (input.kind === 'features' && input.factors.length !== within)) {
    throw new RangeError(`the input of '${name}' needs a range of ${within} features to be computed in 8 bits`);
  }
  if (input.kind === 'features') {
    const { factors, centres } = input;
    const zeroPoint = constant(Uint8Array.of(128), []);
    const perFeature = (data: Float32Array) => constant(data, [within]);
    const [c, f] = [perFeature(centres), perFeature(factors)];
    const norm = normalizationOf(x);
    const normed = norm && layerNormalization(norm.x, div(norm.gamma, f), div(sub(norm.beta, c), f), norm.epsilon);
    const steps = normed ?? (inSteps ? x : mul(sub(x, c), perFeature(factors.map((factor) => 1 / factor))));
    return { q: quantizeLinear(steps, scalar(1), zeroPoint), zeroPoint, factors, centres, ...(normed && { normed }) };
  }
  const { zero, least } = input;
  const rows = flatten(x, 0, -2); // [rows, in]
  const above = mul(reduceMax(rows, 1), scalar(1 / (255 - zero)));
  const below = boundedBelow ? scalar(-least / zero) : mul(reduceMin(rows, 1), scalar(-1 / zero));
  const steps = maximum(maximum(above, below), scalar(1e-9)); // [rows]
  const zeroPoints = cast(add(mul(steps, scalar(0)), scalar(zero)), 'uint8'); // [rows]
  return {
    q: quantizeLinear(rows, steps, zeroPoints, 0),
    zeroPoint: constant(Uint8Array.of(zero), []),
    rowSteps: steps,
  };
}

interface QuantizedWeight {
  /** int8 [out, in]. */
  readonly w: Tensor;
  /** [out]. */
  readonly scale: Tensor;
  /** c·Wᵀ: [out]. */
  readonly offset: Tensor | undefined;
}

/** A weight that the checkpoint has in 8 bits: the runtime may map it. */
function storedWeight(parameters: ParameterSet, weight: StoredParameter, { centres }: QuantizedInput): QuantizedWeight {
  return {
    w: parameters.int8Part(weight, 'w'),
    scale: parameters.int8Part(weight, 'scale'),
    offset: centres && parameters.int8Part(weight, 'offset'),
  };
}

function quantizedWeight(
  parameters: ParameterSet,
  weight: StoredParameter,
  { factors, centres }: QuantizedInput,
  bits: 7 | 8,
): QuantizedWeight {
  const [out = 0] = weight.shape;
  const parts = oncePer((source: Tensor) => quantizeRows(source, { bits, factors, centres }));
  const storedParts = oncePer((stored: Int8Tensor) => {
    if (!sameValues(stored.factors, factors) || !sameValues(stored.centres, centres)) return undefined;
    return bits === 8 ? stored : halved(stored);
  });
  const part = (name: 'w' | 'scale' | 'offset', dtype: 'int8' | 'float32', shape: readonly number[]): Tensor =>
    parameters.input({
      ...{ name: `${weight.name}.int8.${name}`, dtype, shape, sources: [weight] },
      compute: (source) => parts(source)[name],
      packInt8: (stored) => storedParts(stored)?.[name],
    });
  return {
    w: part('w', 'int8', weight.shape),
    scale: part('scale', 'float32', [out]),
    offset: centres && part('offset', 'float32', [out]),
  };
}

export interface QuantizeOptions {
  /** Default 8. */
  readonly bits?: 7 | 8;
  /** [in]. Default: ones. */
  readonly factors?: Float32Array | undefined;
  /** [in]. Default: zeros. */
  readonly centres?: Float32Array | undefined;
}

/**
 * A weight [out, in] times factors [in] as integers [out, in] with a scale a row [out], and the product of their values
 * with the centres [out].
 */
export function quantizeRows(
  weight: Tensor,
  { bits = 8, factors, centres }: QuantizeOptions = {},
): { readonly w: Tensor; readonly scale: Tensor; readonly offset: Tensor } {
  const [out, within] = weight.shape as [number, number];
  const scaled = factors ? mul(weight, constant(factors, [within])) : weight;
  const largest = div(reduceMax(abs(scaled), 1), scalar(bits === 8 ? 127 : 63));
  const scale = maximum(largest, scalar(1e-30)); // of a row of zeros, too
  const w = quantizeLinear(scaled, scale, constant(new Int8Array(out), [out]), 0);
  const ratio = Float32Array.from({ length: within }, (_, k) => (centres?.[k] ?? 0) / (factors?.[k] ?? 1));
  const sums = reshape(matMul(cast(w, 'float32'), constant(ratio, [within, 1])), [out], []);
  return { w, scale, offset: mul(sums, scale) };
}

/** Integers that were scaled for another input are not those of this layer. */
function sameValues(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((value, i) => value === b?.[i]);
}

/** A weight of 8 bits in 7. */
function halved({ w, scale, offset }: Int8Tensor): Int8Tensor {
  return { w: w.map((q) => Math.round(q / 2)), scale: scale.map((step) => step * 2), offset };
}
