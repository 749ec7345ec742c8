import protobuf from 'protobufjs/minimal.js';
import { typeNumber } from './operator/cast.ts';
import {
  type Attribute,
  type ConstantData,
  formatShape,
  GraphError,
  type Node,
  nodesOf,
  type Tensor,
} from './tensor.ts';

const { Writer } = protobuf;
type Writer = protobuf.Writer;

export interface SerializeOptions {
  /** The results by name, in the order in which the session gives them. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Data of inputs that are stored in the model instead of being fed: the weights of an inference graph. */
  readonly initializers?: Readonly<Record<string, ConstantData>>;
  /** The same for inputs whose data is bytes [start, end) of a file: all in a folder that whoever loads the model gives the runtime. */
  readonly files?: Readonly<Record<string, { readonly file: string; readonly start: number; readonly end: number }>>;
  /**
   * Leave the data of large initializers out and name them only: whoever loads the model gives the runtime the same
   * record. Saves a copy of the weights and the limit of 2 GiB. Default false.
   */
  readonly external?: boolean;
}

/** Operator set: LayerNormalization (17) and reductions with axes as an input (18). */
const opset = 18;
const irVersion = 9;
/** Initializers of more bytes than this can be external. ONNX Runtime wants to see small ones while it loads. */
const largestInside = 1024;
/** Protobuf stores no more than 2 GiB. */
const largestModel = 2 ** 31 - 1;

/**
 * The bytes of an ONNX model (ModelProto) that computes the outputs.
 *
 * Nodes that no output needs are not in it, equal nodes are stored once, and inputs are declared in the order
 * in which they were met.
 *
 * @throws GraphError for two inputs of one name that differ, an initializer whose length does not fit its shape, and a
 *   model above 2 GiB
 */
export function serialize({ outputs, initializers = {}, files = {}, external = false }: SerializeOptions): Uint8Array {
  const graph = new CanonicalGraph();
  const results = Object.entries(outputs).map(([name, tensor]) => ({ name, tensor }));
  if (results.length === 0) throw new GraphError('serialize needs one output or more');
  graph.add(results.map(({ tensor }) => tensor));
  for (const { name, tensor } of results) graph.nameResult(name, tensor);

  const body = new Writer();
  body.uint32(tag(1, 0)).int64(irVersion);
  body.uint32(tag(2, 2)).string('relbert');
  body.uint32(tag(8, 2)).fork().uint32(tag(2, 0)).int64(opset).ldelim();
  if (graph.uses('com.microsoft')) {
    body.uint32(tag(8, 2)).fork().uint32(tag(1, 2)).string('com.microsoft').uint32(tag(2, 0)).int64(1).ldelim();
  }
  // The graph last, nested rather than made apart: its bytes are copied once.
  body.uint32(tag(7, 2)).fork();
  graph.writeNodes(body);
  body.uint32(tag(2, 2)).string('relbert');
  for (const { name, tensor } of graph.constants.values()) {
    const { origin } = tensor;
    if (origin.kind === 'constant') writeTensor(body, name, tensor, origin.data);
  }
  for (const [name, tensor] of graph.inputs) {
    const data = Object.hasOwn(initializers, name) ? initializers[name] : undefined;
    const range = Object.hasOwn(files, name) ? files[name] : undefined;
    if (range)
      writeTensor(body, name, tensor, { location: range.file, offset: range.start, length: range.end - range.start });
    else if (!data) writeValueInfo(body, 11, name, tensor);
    else {
      requireSize(name, tensor, data);
      const outside = external && data.byteLength > largestInside;
      writeTensor(body, name, tensor, outside ? { location: name, offset: 0, length: data.byteLength } : data);
    }
  }
  for (const { name, tensor } of results) {
    if (graph.inputs.has(name)) throw new GraphError(`output '${name}' has the name of an input`);
    if (!graph.hasResult(name)) writeIdentity(body, graph.nameOf(tensor), name);
    writeValueInfo(body, 12, name, tensor);
  }

  body.ldelim();
  if (body.len > largestModel) {
    throw new GraphError(
      `a model of ${body.len} bytes is above the 2 GiB that ONNX stores: make the initializers external`,
    );
  }
  return body.finish();
}

/** Names for tensors, equal nodes and constants under one name. */
class CanonicalGraph {
  readonly inputs = new Map<string, Tensor>();
  readonly constants = new Map<string, { name: string; tensor: Tensor }>();
  readonly #names = new Map<Tensor, string>();
  readonly #nodes: { node: Node; inputs: string[]; outputs: string[] }[] = [];
  readonly #byKey = new Map<string, readonly string[]>();
  readonly #used = new Set<string>();
  /** Output of a node by its own name → name of the result. */
  readonly #results = new Map<string, string>();
  readonly #dataKeys = new Map<ConstantData, number>();

  add(results: readonly Tensor[]): void {
    for (const node of nodesOf(results)) {
      const inputs = node.inputs.map((tensor) => (tensor ? this.nameOf(tensor) : ''));
      const key = `${node.domain}.${node.type}(${inputs.join(',')})${node.outputs.length}${attributeKey(node)}`;
      let names = this.#byKey.get(key);
      if (!names) {
        const id = this.#nodes.length;
        const outputs = node.outputs.map((_, i) => (i === 0 ? `${node.type}#${id}` : `${node.type}#${id}.${i}`));
        this.#nodes.push({ node, inputs, outputs });
        this.#byKey.set(key, outputs);
        names = outputs;
      }
      for (const [i, output] of node.outputs.entries()) this.#names.set(output, names[i] as string);
    }
    for (const tensor of results) this.nameOf(tensor);
  }

  nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor) ?? this.#nameLeaf(tensor);
    this.#used.add(name);
    return this.#results.get(name) ?? name;
  }

  /** Gives a node's output the name of a result; not possible twice, nor for an input or a constant. */
  nameResult(result: string, tensor: Tensor): void {
    const name = this.#names.get(tensor);
    if (name !== undefined && tensor.origin.kind === 'node' && !this.#results.has(name))
      this.#results.set(name, result);
  }

  hasResult(result: string): boolean {
    return [...this.#results.values()].includes(result);
  }

  uses(domain: Node['domain']): boolean {
    return this.#nodes.some(({ node }) => node.domain === domain);
  }

  writeNodes(body: Writer): void {
    for (const { node, inputs, outputs } of this.#nodes) {
      body.uint32(tag(1, 2)).fork();
      const last = inputs.findLastIndex((name) => name !== '');
      for (const name of inputs.slice(0, last + 1)) body.uint32(tag(1, 2)).string(this.#results.get(name) ?? name);
      // LayerNormalization need not keep its mean and deviation for inference.
      const read = outputs.findLastIndex((name) => this.#used.has(name)) + 1;
      for (const name of outputs.slice(0, Math.max(read, node.requiredOutputs))) {
        body.uint32(tag(2, 2)).string(this.#results.get(name) ?? name);
      }
      body.uint32(tag(3, 2)).string(outputs[0] as string);
      body.uint32(tag(4, 2)).string(node.type);
      for (const [name, value] of Object.entries(node.attributes)) writeAttribute(body, name, value);
      if (node.domain !== '') body.uint32(tag(7, 2)).string(node.domain);
      body.ldelim();
    }
  }

  #nameLeaf(tensor: Tensor): string {
    const { origin } = tensor;
    if (origin.kind === 'input') {
      const known = this.inputs.get(origin.name);
      if (known && (known.dtype !== tensor.dtype || formatShape(known.shape) !== formatShape(tensor.shape))) {
        throw new GraphError(
          `two inputs are named '${origin.name}': ${known.dtype} ${formatShape(known.shape)} and ${tensor.dtype} ${formatShape(tensor.shape)}`,
        );
      }
      this.inputs.set(origin.name, tensor);
      this.#names.set(tensor, origin.name);
      return origin.name;
    }
    if (origin.kind === 'node') throw new GraphError('a tensor is used before the node that makes it');
    const key = `${tensor.dtype}${formatShape(tensor.shape)}${this.#dataKey(origin.data)}`;
    const known = this.constants.get(key);
    const name = known?.name ?? `constant#${this.constants.size}`;
    if (!known) this.constants.set(key, { name, tensor });
    this.#names.set(tensor, name);
    return name;
  }

  /** Small constants by value, large ones by identity. */
  #dataKey(data: ConstantData): string {
    if (data.length <= 64) {
      // Object.is tells −0 from 0, a joined string does not.
      const text = (value: number | bigint) => (Object.is(value, -0) ? '-0' : String(value));
      return [...(data as Iterable<number | bigint>)].map(text).join();
    }
    const known = this.#dataKeys.get(data) ?? this.#dataKeys.size;
    this.#dataKeys.set(data, known);
    return `#${known}`;
  }
}

function attributeKey(node: Node): string {
  return Object.entries(node.attributes)
    .map(([name, value]) => `;${name}=${typeof value}:${Array.isArray(value) ? value.join() : value}`)
    .join('');
}

function tag(field: number, wire: 0 | 2 | 5): number {
  return (field << 3) | wire;
}

function writeAttribute(writer: Writer, name: string, value: Attribute): void {
  writer.uint32(tag(5, 2)).fork();
  writer.uint32(tag(1, 2)).string(name);
  const kind = (type: number) => writer.uint32(tag(20, 0)).int32(type);
  if (typeof value === 'bigint') kind(2).uint32(tag(3, 0)).int64(Number(value));
  else if (typeof value === 'number') kind(1).uint32(tag(2, 5)).float(value);
  else if (typeof value === 'string') kind(3).uint32(tag(4, 2)).string(value);
  else if (value.length > 0 && typeof value[0] === 'number') {
    kind(6);
    for (const item of value) writer.uint32(tag(7, 5)).float(Number(item));
  } else {
    kind(7);
    for (const item of value) writer.uint32(tag(8, 0)).int64(Number(item));
  }
  writer.ldelim();
}

function writeIdentity(writer: Writer, from: string, to: string): void {
  writer.uint32(tag(1, 2)).fork();
  writer.uint32(tag(1, 2)).string(from);
  writer.uint32(tag(2, 2)).string(to);
  writer.uint32(tag(4, 2)).string('Identity').ldelim();
}

/** Where data lies that is not in the model. */
interface External {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** TensorProto as field 5 of the graph. */
function writeTensor(writer: Writer, name: string, tensor: Tensor, data: ConstantData | External): void {
  writer.uint32(tag(5, 2)).fork();
  for (const dim of tensor.shape) writer.uint32(tag(1, 0)).int64(Number(dim));
  writer.uint32(tag(2, 0)).int32(Number(typeNumber[tensor.dtype]));
  writer.uint32(tag(8, 2)).string(name);
  if ('location' in data) writeExternal(writer, data);
  else {
    // raw_data is little-endian, as are all machines that JavaScript engines run on in practice.
    writer.uint32(tag(9, 2)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  writer.ldelim();
}

function writeExternal(writer: Writer, external: External): void {
  for (const [key, value] of Object.entries(external)) {
    writer.uint32(tag(13, 2)).fork().uint32(tag(1, 2)).string(key).uint32(tag(2, 2)).string(String(value)).ldelim();
  }
  writer.uint32(tag(14, 0)).int32(1);
}

/** ValueInfoProto as field 11 (input) or 12 (output) of the graph. */
function writeValueInfo(writer: Writer, field: number, name: string, tensor: Tensor): void {
  writer.uint32(tag(field, 2)).fork();
  writer.uint32(tag(1, 2)).string(name);
  writer.uint32(tag(2, 2)).fork().uint32(tag(1, 2)).fork();
  writer.uint32(tag(1, 0)).int32(Number(typeNumber[tensor.dtype]));
  writer.uint32(tag(2, 2)).fork();
  for (const dim of tensor.shape) {
    writer.uint32(tag(1, 2)).fork();
    if (typeof dim === 'number') writer.uint32(tag(1, 0)).int64(dim);
    else writer.uint32(tag(2, 2)).string(dim);
    writer.ldelim();
  }
  writer.ldelim().ldelim().ldelim().ldelim();
}

function requireSize(name: string, { shape }: Tensor, data: ConstantData): void {
  const size = shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : Number.NaN), 1);
  if (size !== data.length) {
    throw new GraphError(
      `initializer '${name}' of shape ${formatShape(shape)} needs ${size} values, got ${data.length}`,
    );
  }
}
