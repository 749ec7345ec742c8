import type { Random } from '../../data/random.ts';
import { grad, input, linear, mul, reduceSum, relu, serialize, type Tensor } from '../../graph/index.ts';
import type { Runtime, Session, TensorValue } from '../../runtime/session.ts';
import type { FloatTensors } from '../task.ts';
import { bidirectionalLstm, lstmParameters } from './lstm.ts';

/**
 * The network that gives a soft prompt's vectors while they are trained (Liu et al. 2021, "GPT Understands, Too", section
 * 3.2; paper, section 3.2):
 *
 * - `lstm`: embedding table → two-layer bidirectional LSTM (E/2 each way) → Linear, ReLU, Linear;
 * - `mlp`: embedding table → Linear, ReLU, Linear;
 * - `none`: the table itself.
 */
export const reparameterizations = ['none', 'mlp', 'lstm'] as const;
export type ReparameterizationName = (typeof reparameterizations)[number];

const lstmLayers = 2;

/** A trained tensor of the network. */
export interface NetworkParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** The graph's input. */
  readonly tensor: Tensor;
}

/** The network as a graph: its weights are inputs by the names of `parameters`. */
export interface PromptNetwork {
  readonly parameters: readonly NetworkParameter[];
  /** [C, E]. */
  readonly vectors: Tensor;
}

/** @throws RangeError for an odd E with 'lstm' */
export function promptNetwork(name: ReparameterizationName, count: number, width: number): PromptNetwork {
  const parameters: NetworkParameter[] = [];
  const weight = (parameter: string, shape: readonly number[]): Tensor => {
    const tensor = input(parameter, 'float32', shape);
    parameters.push({ name: parameter, shape, tensor });
    return tensor;
  };
  let states = weight('embedding.weight', [count, width]);
  if (name === 'none') return { parameters, vectors: states };
  if (name === 'lstm') {
    if (width % 2 === 1) {
      throw new RangeError(
        `the LSTM needs embeddings of even length, the model's have ${width}: choose 'mlp' or 'none'`,
      );
    }
    const shape = { input: width, hidden: width / 2, layers: lstmLayers };
    const tensors = new Map(
      lstmParameters(shape).map((parameter) => [parameter.name, weight(`lstm.${parameter.name}`, parameter.shape)]),
    );
    states = bidirectionalLstm(states, shape, (parameter) => tensors.get(parameter) as Tensor); // [C, E]
  }
  const dense = (x: Tensor, layer: string) =>
    linear(x, weight(`${layer}.weight`, [width, width]), weight(`${layer}.bias`, [width]), { transposed: true });
  return { parameters, vectors: dense(relu(dense(states, 'mlp.0')), 'mlp.2') };
}

export interface InitialOptions {
  /** Standard deviation of a table that is the prompt itself: that of the word embeddings. */
  readonly deviation: number;
  readonly random: Random;
}

/**
 * First values as PyTorch has them: the table normal with deviation 1, LSTM uniform in ±1/√h, linear layers uniform in
 * ±1/√E. A table without a network is normal with the deviation of the word embeddings.
 */
export function initialNetwork(
  { parameters }: PromptNetwork,
  { deviation, random }: InitialOptions,
): ReadonlyMap<string, Float32Array> {
  const plain = parameters.length === 1;
  return new Map(
    parameters.map(({ name, shape }) => {
      const size = shape.reduce((product, dimension) => product * dimension, 1);
      // Rows of an LSTM's weights are four gates of h.
      const fan = name.startsWith('lstm.') ? (shape[0] as number) / 4 : (shape.at(-1) as number);
      const bound = 1 / Math.sqrt(fan);
      const draw =
        name === 'embedding.weight'
          ? () => random.normal() * (plain ? deviation : 1)
          : () => random.uniform(-bound, bound);
      return [name, Float32Array.from({ length: size }, draw)];
    }),
  );
}

const gradientName = 'vectors.gradient';

/** Runs the network, and turns gradients of its vectors into gradients of its weights. */
export class NetworkRunner {
  readonly #network: PromptNetwork;
  readonly #forward: Session;
  readonly #backward: Session;

  private constructor(network: PromptNetwork, forward: Session, backward: Session) {
    this.#network = network;
    this.#forward = forward;
    this.#backward = backward;
  }

  static async create(network: PromptNetwork, runtime: Runtime): Promise<NetworkRunner> {
    const { vectors, parameters } = network;
    // Small products: threads would cost more than they save.
    const options = { threads: 1, memoryPattern: false } as const;
    const forward = await runtime.createSession(serialize({ outputs: { vectors } }), options);
    const inner = input(gradientName, 'float32', vectors.shape);
    // The sum of vectors · gradient has the same gradients as the loss.
    const gradients = grad(
      reduceSum(mul(vectors, inner)),
      parameters.map(({ tensor }) => tensor),
    );
    const outputs = Object.fromEntries(parameters.map(({ name }, i) => [`gradient.${name}`, gradients[i] as Tensor]));
    const backward = await runtime.createSession(serialize({ outputs }), { ...options, optimization: 'basic' });
    return new NetworkRunner(network, forward, backward);
  }

  /** Vectors [C, E]. */
  async vectors(weights: FloatTensors): Promise<Float32Array> {
    const outputs = await this.#forward.run(this.#feeds(weights));
    return outputs['vectors']?.data as Float32Array;
  }

  /** d loss / d weights from d loss / d vectors [C, E]. */
  async gradients(weights: FloatTensors, gradient: Float32Array): Promise<ReadonlyMap<string, Float32Array>> {
    const shape = this.#network.vectors.shape.map(Number);
    const outputs = await this.#backward.run({
      ...this.#feeds(weights),
      [gradientName]: { dtype: 'float32', shape, data: gradient },
    });
    return new Map(
      this.#network.parameters.map(({ name }) => [name, outputs[`gradient.${name}`]?.data as Float32Array]),
    );
  }

  async dispose(): Promise<void> {
    await this.#forward.dispose();
    await this.#backward.dispose();
  }

  #feeds(weights: FloatTensors): Record<string, TensorValue> {
    return Object.fromEntries(weights);
  }
}
