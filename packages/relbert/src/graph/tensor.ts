/**
 * Symbolic tensors: the values of a graph that is built now and run later.
 *
 * A graph has no builder object. Each operator function returns a new tensor that points at the node
 * which makes it, and each node points at its input tensors, so the graph of a result is what can be
 * reached from it. Nodes are immutable. Nothing here knows of language models.
 */

/** A dimension: a number, or the name of a dimension known only at run time ('B', 'T'). A named dimension never broadcasts. */
export type Dim = number | string;
export type Shape = readonly Dim[];
export type DataType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool';

/** An ONNX attribute: integer(s) are given as bigint, floats as number. */
export type Attribute = bigint | number | string | readonly bigint[] | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** Uint16Array: the bits of float16 values. */
export type ConstantData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

/** Where a tensor's value comes from. */
export type Origin =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number };

/** A symbolic tensor of known rank. */
export interface Tensor {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly origin: Origin;
}

/**
 * Gradients with respect to a node's inputs, given those with respect to its outputs (undefined: that output
 * is not used by the loss). undefined in the result: no gradient flows into that input.
 */
export type Gradient = (outputs: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[];

/** One application of an ONNX operator. */
export interface Node {
  readonly type: string;
  readonly domain: '' | 'com.microsoft';
  /** undefined: an optional input that is left out. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
  /** How many outputs there are always; those after them are left out where nobody reads them. */
  readonly requiredOutputs: number;
  readonly gradient: Gradient | undefined;
}

/** A mistake in building a graph; the message holds the shapes concerned. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/** A value fed at run time, or a weight: whether it is one or the other is decided when the graph is serialised. */
export function input(name: string, dtype: DataType, shape: Shape): Tensor {
  return { dtype, shape, origin: { kind: 'input', name } };
}

/** A constant stored in the graph. Shapes are checked against the length of the data. */
export function constant(data: ConstantData, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (size !== data.length) {
    throw new GraphError(`a constant of shape ${formatShape(shape)} needs ${size} values, got ${data.length}`);
  }
  return { dtype: constantType(data), shape, origin: { kind: 'constant', data } };
}

/** A float32 constant of rank 0. */
export function scalar(value: number): Tensor {
  return constant(Float32Array.of(value), []);
}

/** An int64 constant of rank 1. */
export function int64(...values: readonly number[]): Tensor {
  return constant(BigInt64Array.from(values, BigInt), [values.length]);
}

export interface NodeOptions {
  readonly type: string;
  readonly domain?: '' | 'com.microsoft';
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** Type and shape of each output. */
  readonly outputs: readonly { readonly dtype: DataType; readonly shape: Shape }[];
  /** Outputs that are always there. Default: all. */
  readonly requiredOutputs?: number;
  /** Left out: the operator has no gradient, and `grad` through it is an error. Gets the node's own outputs as second argument. */
  readonly gradient?: (
    outputGradients: readonly (Tensor | undefined)[],
    outputs: readonly Tensor[],
  ) => readonly (Tensor | undefined)[];
}

/** Makes a node and returns its outputs. */
export function node(options: NodeOptions): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const { gradient } = options;
  const made: Node = {
    type: options.type,
    domain: options.domain ?? '',
    inputs: options.inputs,
    attributes: options.attributes ?? {},
    outputs,
    requiredOutputs: options.requiredOutputs ?? options.outputs.length,
    gradient: gradient && ((outputGradients) => gradient(outputGradients, outputs)),
  };
  for (const [output, { dtype, shape }] of options.outputs.entries()) {
    outputs.push({ dtype, shape, origin: { kind: 'node', node: made, output } });
  }
  return outputs;
}

/** Makes a node with one output and returns that output. */
export function nodeOf(
  options: Omit<NodeOptions, 'outputs' | 'gradient'> & {
    readonly dtype?: DataType;
    readonly shape: Shape;
    readonly gradient?: (dy: Tensor, y: Tensor) => readonly (Tensor | undefined)[];
  },
): Tensor {
  const { dtype = 'float32', shape, gradient, ...rest } = options;
  const [output] = node({
    ...rest,
    outputs: [{ dtype, shape }],
    ...(gradient && {
      gradient: ([dy], [y]) => (dy && y ? gradient(dy, y) : []),
    }),
  });
  return output as Tensor;
}

/** Nodes reachable from the tensors, each after the nodes that feed it. */
export function nodesOf(tensors: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  // An explicit stack: a training graph is deeper than the call stack of some browsers.
  const stack = tensors.flatMap((tensor) => (tensor.origin.kind === 'node' ? [tensor.origin.node] : []));
  for (let current = stack.at(-1); current; current = stack.at(-1)) {
    const seen = state.get(current);
    if (seen) {
      stack.pop();
      if (seen === 'open') {
        state.set(current, 'done');
        order.push(current);
      }
      continue;
    }
    state.set(current, 'open');
    for (const tensor of current.inputs) {
      if (tensor?.origin.kind === 'node' && !state.has(tensor.origin.node)) stack.push(tensor.origin.node);
    }
  }
  return order;
}

/** `[B, T, 384]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** A non-negative axis; negative ones count from the end. */
export function axisOf(shape: Shape, axis: number): number {
  const positive = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= shape.length) {
    throw new GraphError(`axis ${axis} is not an axis of ${formatShape(shape)}`);
  }
  return positive;
}

function constantType(data: ConstantData): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint16Array) return 'float16';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Uint8Array ? 'uint8' : 'int8';
}
