/**
 * The graphs of a classifier with one hidden ReLU layer.
 *
 * Several training steps make one graph: a batch goes in for each, and only the weights after the last step come out.
 * So nothing large is copied between the steps, and what a step touches stays in the processor's cache.
 */
import { grad } from '../graph/grad.ts';
import { relu, softplus } from '../graph/operator/activation.ts';
import { add, div, mul, neg, sub } from '../graph/operator/arithmetic.ts';
import { sqrt } from '../graph/operator/elementary.ts';
import { concat, slice, split } from '../graph/operator/layout.ts';
import { linear } from '../graph/operator/matmul.ts';
import { reshape } from '../graph/operator/reshape.ts';
import { logSoftmax } from '../graph/operator/softmax.ts';
import { reduceSum } from '../graph/operator/sum.ts';
import { constant, input, scalar, type Tensor } from '../graph/tensor.ts';

export interface NetworkShape {
  /** Features of one item, D. */
  readonly dimension: number;
  /** Units of the hidden layer, h. */
  readonly hidden: number;
  /** K: 1 for two classes (logistic output), else the number of classes (softmax). */
  readonly outputs: number;
}

/**
 * The trained tensors: the hidden layer's weights `hidden` [D, h], and all others in one vector `rest`: the hidden
 * bias [h], the output layer's weights [h, K] and its bias [K].
 */
export const PARAMETERS = ['hidden', 'rest'] as const;
export type Parameter = (typeof PARAMETERS)[number];

export function parameterShape(name: Parameter, { dimension, hidden, outputs }: NetworkShape): readonly number[] {
  return name === 'hidden' ? [dimension, hidden] : [hidden + hidden * outputs + outputs];
}

/** Constants of Adam (Kingma and Ba 2015, algorithm 1). */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface TrainingGraphOptions extends NetworkShape {
  /** Items of each step. */
  readonly batches: readonly number[];
  /** Weight of the squared weights: the loss of a batch of B items holds alpha / (2 B) · Σ w². */
  readonly alpha: number;
}

/**
 * One training step for each of `batches`, as one graph.
 *
 * Inputs: for each step i `features.i` [B, D] and `targets.i` [B, K], one-hot, or [B, 1] of 0 and 1 for a logistic
 * output; `rates` [steps], the learning rate of each step times {@link adamScale}; the parameters, and for each
 * parameter p its moments `first.p` and `second.p`, without their factors 1 − β.
 *
 * Outputs: `next.` and the name of each parameter and moment; `losses` [steps], the mean cross-entropy of each batch;
 * `squares` [], Σ w² before the last step, without the biases.
 */
export function trainingGraph(options: TrainingGraphOptions): Record<string, Tensor> {
  const { dimension, outputs, batches, alpha } = options;
  const rates = input('rates', 'float32', [batches.length]);
  const state = (prefix: string): Record<Parameter, Tensor> => ({
    hidden: input(`${prefix}hidden`, 'float32', parameterShape('hidden', options)),
    rest: input(`${prefix}rest`, 'float32', parameterShape('rest', options)),
  });
  const weights = state('');
  const first = state('first.');
  const second = state('second.');
  const losses: Tensor[] = [];
  let squares = scalar(0);
  for (const [step, size] of batches.entries()) {
    const x = input(`features.${step}`, 'float32', [size, dimension]);
    const y = input(`targets.${step}`, 'float32', [size, outputs]);
    const rate = slice(rates, { axis: 0, start: step, end: step + 1 });
    const loss = mul(crossEntropy(logits(x, weights, options), y, outputs), scalar(1 / size));
    losses.push(reshape(loss, [1]));
    if (step === batches.length - 1) squares = squaredWeights(weights, options);
    const gradients = grad(
      loss,
      PARAMETERS.map((name) => weights[name]),
    );
    for (const [i, name] of PARAMETERS.entries()) {
      const decay = name === 'hidden' ? scalar(alpha / size) : restDecay(alpha / size, options);
      const gradient = add(gradients[i] as Tensor, mul(weights[name], decay));
      const next = adam({ weight: weights[name], gradient, first: first[name], second: second[name], rate });
      weights[name] = next.weight;
      first[name] = next.first;
      second[name] = next.second;
    }
  }
  const results: Record<string, Tensor> = { losses: concat(losses, 0), squares };
  for (const name of PARAMETERS) {
    results[`next.${name}`] = weights[name];
    results[`next.first.${name}`] = first[name];
    results[`next.second.${name}`] = second[name];
  }
  return results;
}

/** Inputs `features` [N, D] and the parameters; output `logits` [N, K]. */
export function predictionGraph(shape: NetworkShape): Record<string, Tensor> {
  const features = input('features', 'float32', ['N', shape.dimension]);
  const weights = {
    hidden: input('hidden', 'float32', parameterShape('hidden', shape)),
    rest: input('rest', 'float32', parameterShape('rest', shape)),
  };
  return { logits: logits(features, weights, shape) };
}

type Weights = Readonly<Record<Parameter, Tensor>>;

/** Scores [B, K]: softmax or sigmoid of them are the probabilities. */
function logits(x: Tensor, weights: Weights, shape: NetworkShape): Tensor {
  const { bias, output, outputBias } = restOf(weights, shape);
  const hidden = relu(linear(x, weights.hidden, bias)); // [B, h]
  return linear(hidden, output, outputBias);
}

function restOf({ rest }: Weights, { hidden, outputs }: NetworkShape) {
  const parts = split(rest, [hidden, hidden * outputs, outputs], 0);
  const [bias, output, outputBias] = parts as readonly [Tensor, Tensor, Tensor];
  return { bias, output: reshape(output, [hidden, outputs]), outputBias };
}

/** −Σ log p(y) over the batch, []. */
function crossEntropy(z: Tensor, y: Tensor, outputs: number): Tensor {
  // One output: log(1 + e^z) − y z.
  return outputs === 1 ? reduceSum(sub(softplus(z), mul(z, y))) : neg(reduceSum(mul(logSoftmax(z), y)));
}

/** Σ w² [], without the biases. */
function squaredWeights(weights: Weights, shape: NetworkShape): Tensor {
  const { output } = restOf(weights, shape);
  return add(reduceSum(mul(weights.hidden, weights.hidden)), reduceSum(mul(output, output)));
}

/** The decay for the weights in `rest`, 0 for the biases. */
function restDecay(value: number, shape: NetworkShape): Tensor {
  const [length] = parameterShape('rest', shape) as readonly [number];
  const decay = new Float32Array(length);
  decay.fill(value, shape.hidden, length - shape.outputs);
  return constant(decay, [length]);
}

interface AdamState {
  readonly weight: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One step of Adam as scikit-learn takes it (Kingma and Ba 2015, end of section 2). The moments are kept without their
 * factors 1 − β, which saves two passes over the weights: the rate holds them, and ε is scaled to match.
 */
function adam(state: AdamState & { readonly gradient: Tensor; readonly rate: Tensor }): AdamState {
  const { weight, gradient, rate } = state;
  const first = add(mul(state.first, scalar(BETA1)), gradient);
  const second = add(mul(state.second, scalar(BETA2)), mul(gradient, gradient));
  const denominator = add(sqrt(second), scalar(EPSILON / Math.sqrt(1 - BETA2)));
  return { weight: sub(weight, mul(rate, div(first, denominator))), first, second };
}

/** The factor of the learning rate at step t, from 1: bias correction and the factors that the moments lack. */
export function adamScale(t: number): number {
  return ((Math.sqrt(1 - BETA2 ** t) / (1 - BETA1 ** t)) * (1 - BETA1)) / Math.sqrt(1 - BETA2);
}
