import { gelu, geluNew, mul, relu, scalar, sigmoid, silu, type Tensor, tanh } from '../graph/index.ts';

/** An activation of a feed-forward layer. */
export type Activation = 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu' | 'silu' | 'tanh';

/** The name in a config.json → activation. */
export const activations: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
};

/** Those whose values are never below −0.3: GELU −0.17, SiLU −0.28, ReLU 0. */
export const boundedBelow: ReadonlySet<Activation> = new Set(['gelu', 'gelu-tanh', 'quick-gelu', 'relu', 'silu']);

/** Activation → its operator. */
export const activate: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu,
  'gelu-tanh': geluNew,
  'quick-gelu': (x) => mul(x, sigmoid(mul(x, scalar(1.702)))),
  relu,
  silu,
  tanh,
};
