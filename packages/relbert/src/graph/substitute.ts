import { input, type Node, node, nodesOf, type Shape, type Tensor } from './tensor.ts';

export interface SubstitutionOptions {
  /** New names of inputs; an input without one stays the same input. */
  readonly rename?: (name: string) => string;
  /** New names of named dimensions. */
  readonly dimension?: (name: string) => string;
}

/**
 * Copies of a graph with other inputs: the same computation on other data, so that one serialised graph can hold an
 * encoder several times, each on its own micro-batch.
 *
 * What was copied once is used again by later calls, so a forward pass and, after {@link replace}, the backward pass
 * that builds on it share their nodes. Copies have no gradients: take them before.
 */
export class Substitution {
  readonly #copies = new Map<Tensor, Tensor>();
  readonly #options: SubstitutionOptions;

  constructor(options: SubstitutionOptions = {}) {
    this.#options = options;
  }

  /** From now on this tensor stands for that one. Both have the same type, and the same shape but for names. */
  replace(tensor: Tensor, by: Tensor): void {
    this.#copies.set(tensor, by);
  }

  copy(tensor: Tensor): Tensor {
    // Not nodesOf alone: nothing behind a replaced tensor is wanted, but copying it does no harm and it is never reached.
    for (const made of nodesOf([tensor])) this.#copyNode(made);
    return this.#of(tensor);
  }

  #copyNode(original: Node): void {
    if (original.outputs.every((output) => this.#copies.has(output))) return;
    const outputs = node({
      type: original.type,
      domain: original.domain,
      inputs: original.inputs.map((tensor) => tensor && this.#of(tensor)),
      attributes: original.attributes,
      requiredOutputs: original.requiredOutputs,
      outputs: original.outputs.map(({ dtype, shape }) => ({ dtype, shape: this.#shape(shape) })),
    });
    for (const [i, output] of original.outputs.entries()) {
      if (!this.#copies.has(output)) this.#copies.set(output, outputs[i] as Tensor);
    }
  }

  #of(tensor: Tensor): Tensor {
    const known = this.#copies.get(tensor);
    if (known) return known;
    const { origin } = tensor;
    if (origin.kind !== 'input') return tensor;
    const name = this.#options.rename?.(origin.name) ?? origin.name;
    const copy = name === origin.name ? tensor : input(name, tensor.dtype, this.#shape(tensor.shape));
    this.#copies.set(tensor, copy);
    return copy;
  }

  #shape(shape: Shape): Shape {
    const { dimension } = this.#options;
    if (!dimension) return shape;
    // A dimension can be a product or a sum of names: 'B*T'.
    return shape.map((dim) => (typeof dim === 'string' ? dim.replace(/[A-Za-z_]\w*/g, dimension) : dim));
  }
}
