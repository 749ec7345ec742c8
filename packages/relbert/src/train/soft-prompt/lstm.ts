import { add, concat, constant, input, linear, mul, sigmoid, slice, type Tensor, tanh } from '../../graph/index.ts';

/** Weights of one direction of one layer, named and laid out as in `torch.nn.LSTM`. */
export interface LstmWeights {
  /** [4 h, input]: input, forget, cell and output gate. */
  readonly inputWeight: Tensor;
  /** [4 h, h]. */
  readonly hiddenWeight: Tensor;
  /** [4 h]. */
  readonly inputBias: Tensor;
  /** [4 h]. */
  readonly hiddenBias: Tensor;
}

/** Names and shapes of the weights of a bidirectional LSTM, by layer and direction. */
export interface LstmShape {
  /** Length of an input vector. */
  readonly input: number;
  /** h, of each direction. */
  readonly hidden: number;
  readonly layers: number;
}

/** `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse`, … in PyTorch's order. */
export function lstmParameters({ input: width, hidden, layers }: LstmShape): { name: string; shape: number[] }[] {
  return Array.from({ length: layers }, (_, layer) => (layer === 0 ? width : 2 * hidden)).flatMap((from, layer) =>
    ['', '_reverse'].flatMap((direction) => [
      { name: `weight_ih_l${layer}${direction}`, shape: [4 * hidden, from] },
      { name: `weight_hh_l${layer}${direction}`, shape: [4 * hidden, hidden] },
      { name: `bias_ih_l${layer}${direction}`, shape: [4 * hidden] },
      { name: `bias_hh_l${layer}${direction}`, shape: [4 * hidden] },
    ]),
  );
}

/**
 * A bidirectional LSTM (Hochreiter and Schmidhuber 1997, with a forget gate) over a sequence x [C, input] → [C, 2 h],
 * forward and backward states side by side, several layers on top of each other:
 *
 *     i, f, o = σ(…), g = tanh(…) of W_ih x_t + b_ih + W_hh h_{t−1} + b_hh;   c_t = f c_{t−1} + i g;   h_t = o tanh(c_t)
 *
 * The steps are unrolled, so C must be a number. Gradients come from the operators.
 *
 * @param weight the tensor of a name of {@link lstmParameters}. Default: a graph input of that name
 */
export function bidirectionalLstm(
  x: Tensor,
  shape: LstmShape,
  weight: (name: string, shape: readonly number[]) => Tensor = (name, size) => input(name, 'float32', size),
): Tensor {
  const shapes = new Map(lstmParameters(shape).map((parameter) => [parameter.name, parameter.shape]));
  const of = (name: string) => weight(name, shapes.get(name) as number[]);
  let states = x;
  for (let layer = 0; layer < shape.layers; layer++) {
    const direction = (suffix: string): LstmWeights => ({
      inputWeight: of(`weight_ih_l${layer}${suffix}`),
      hiddenWeight: of(`weight_hh_l${layer}${suffix}`),
      inputBias: of(`bias_ih_l${layer}${suffix}`),
      hiddenBias: of(`bias_hh_l${layer}${suffix}`),
    });
    const forward = oneDirection(states, direction(''), shape.hidden, false);
    const backward = oneDirection(states, direction('_reverse'), shape.hidden, true);
    states = concat([forward, backward], 1); // [C, 2 h]
  }
  return states;
}

function oneDirection(x: Tensor, weights: LstmWeights, hidden: number, reverse: boolean): Tensor {
  const length = x.shape[0];
  if (typeof length !== 'number') throw new RangeError(`an LSTM needs a fixed number of steps, got ${length}`);
  const gates = linear(x, weights.inputWeight, weights.inputBias, { transposed: true }); // [C, 4 h]
  const states: Tensor[] = [];
  let h = constant(new Float32Array(hidden), [1, hidden]);
  let c = h;
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const fromInput = slice(gates, { axis: 0, start: at, end: at + 1 });
    const all = add(fromInput, linear(h, weights.hiddenWeight, weights.hiddenBias, { transposed: true })); // [1, 4 h]
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) =>
      slice(all, { axis: 1, start: gate * hidden, end: (gate + 1) * hidden }),
    ) as [Tensor, Tensor, Tensor, Tensor];
    c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    h = mul(sigmoid(o), tanh(c)); // [1, h]
    states[at] = h;
  }
  return concat(states, 0); // [C, h]
}
