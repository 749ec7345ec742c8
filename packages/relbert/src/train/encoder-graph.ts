import type { RelationGraph } from '../encoder/relation-graph.ts';
import { add, concat, gather, grad, input, mul, reduceSum, serialize, type Tensor } from '../graph/index.ts';
import { Substitution } from '../graph/substitute.ts';
import { nodesOf } from '../graph/tensor.ts';
import type { Objective } from '../loss/objective.ts';

/** What is trained: an encoder with pooling and the names of its weights that change. All others are frozen. */
export interface TrainableEncoder {
  readonly graph: RelationGraph;
  readonly trained: ReadonlySet<string>;
}

/** Gradients of a table come as rows: `rows.<table>` [n, width] for the ids of `ids.<table>` [n]. */
export interface LookupOutput {
  readonly table: string;
  readonly rows: string;
  /** Undefined: the ids are those of `input_ids`. */
  readonly ids: string | undefined;
}

/** Names of inputs and outputs of these graphs. */
export const graphNames = {
  loss: 'loss',
  part: (name: string) => `loss.${name}`,
  /** The objective's embeddings where the loss is computed alone [N, D]. */
  embeddings: 'embeddings',
  embeddingsGradient: 'embeddings.gradient',
  /** For each prompt of the batch its row in the concatenated micro-batches: int64 [N]. */
  order: 'order',
  /** Input of micro-batch `chunk`. */
  chunk: (chunk: number, name: string) => `${name}@${chunk}`,
  /** Prompts of a micro-batch by their place in the batch: int64 [B]. */
  places: 'places',
  /** Gradient of the loss with respect to the pooled embeddings of a micro-batch [B, D]. */
  pooledGradient: 'pooled.gradient',
  pooled: 'pooled',
  gradient: (weight: string) => `gradient.${weight}`,
} as const;

/** The forward pass of one micro-batch: output `pooled`. */
export function forwardModel({ graph }: TrainableEncoder): Uint8Array {
  return serialize({ outputs: { [graphNames.pooled]: graph.embedding } });
}

/** The loss alone, with its gradient with respect to the embeddings and the head. */
export function objectiveModel({ embeddings, loss, parts, head }: Objective): Uint8Array {
  const [embeddingsGradient, ...headGradients] = grad(loss, [embeddings, ...head]) as [Tensor, ...Tensor[]];
  return serialize({
    outputs: {
      [graphNames.loss]: loss,
      ...partOutputs(parts),
      [graphNames.embeddingsGradient]: embeddingsGradient,
      ...headOutputs(head, headGradients),
    },
  });
}

/** The loss alone, without gradient: for validation. */
export function lossModel({ loss, parts }: Objective): Uint8Array {
  return serialize({ outputs: { [graphNames.loss]: loss, ...partOutputs(parts) } });
}

/**
 * Forward and backward pass of `chunks` micro-batches in one graph. With an objective the loss over all of them is
 * in the graph; without, the gradients of their pooled embeddings are fed (gradient caching: Gao et al. 2021).
 *
 * Several small micro-batches of like length in a graph need less padding than a large batch, and what passes from an
 * operator to the next stays in the processor's cache.
 */
export function backwardModel(
  encoder: TrainableEncoder,
  chunks: number,
  objective: Objective | undefined,
): { readonly model: Uint8Array; readonly lookups: readonly LookupOutput[] } {
  const backward = backwardOf(encoder);
  const copies = Array.from({ length: chunks }, (_, chunk) => chunkOf(encoder, chunk));
  const outputs: Record<string, Tensor> = {};
  if (objective) {
    const pooled = copies.map((copy) => copy.copy(encoder.graph.embedding));
    const all = concat(pooled); // [B0 + B1 + …, D]
    const order = input(graphNames.order, 'int64', ['N']);
    const whole = new Substitution();
    whole.replace(objective.embeddings, gather(all, order));
    const [embeddingsGradient, ...headGradients] = grad(objective.loss, [objective.embeddings, ...objective.head]) as [
      Tensor,
      ...Tensor[],
    ];
    outputs[graphNames.loss] = whole.copy(objective.loss);
    for (const [name, part] of Object.entries(partOutputs(objective.parts))) outputs[name] = whole.copy(part);
    const rows = whole.copy(embeddingsGradient);
    for (const [chunk, copy] of copies.entries()) {
      const places = input(graphNames.chunk(chunk, graphNames.places), 'int64', [dimension(chunk, 'B')]);
      copy.replace(backward.pooledGradient, gather(rows, places));
    }
    for (const [i, gradient] of headGradients.entries()) {
      outputs[graphNames.gradient(nameOf(objective.head[i] as Tensor))] = whole.copy(gradient);
    }
  }
  for (const { name, gradients } of backward.dense) {
    outputs[graphNames.gradient(name)] = copies
      .flatMap((copy) => gradients.map((gradient) => copy.copy(gradient)))
      .reduce(accumulate);
  }
  const lookups: LookupOutput[] = [];
  for (const [i, { table, rows, ids }] of backward.lookups.entries()) {
    lookups.push({ table, rows: `rows.${i}`, ids: ids && `ids.${i}` });
    for (const [chunk, copy] of copies.entries()) {
      outputs[graphNames.chunk(chunk, `rows.${i}`)] = copy.copy(rows);
      if (ids) outputs[graphNames.chunk(chunk, `ids.${i}`)] = copy.copy(ids);
    }
  }
  return { model: serialize({ outputs }), lookups };
}

interface Backward {
  /** Input [B, D]. */
  readonly pooledGradient: Tensor;
  /** A weight that is used several times (ALBERT) has several gradients, to be added up. */
  readonly dense: readonly { readonly name: string; readonly gradients: readonly Tensor[] }[];
  readonly lookups: readonly { readonly table: string; readonly rows: Tensor; readonly ids: Tensor | undefined }[];
}

/** Gradients of one micro-batch given that of its pooled embeddings. */
function backwardOf({ graph, trained }: TrainableEncoder): Backward {
  const pooled = graph.embedding;
  const pooledGradient = input(graphNames.pooledGradient, 'float32', pooled.shape);
  // Σ pooled · gradient has the same gradients as the loss.
  const surrogate = reduceSum(mul(pooled, pooledGradient), [0, 1]);
  const tables = new Set(graph.lookups.map(({ table }) => table.name));
  const leaves = inputsByName(surrogate);
  const dense = [...leaves].filter(([name]) => trained.has(name) && !tables.has(name));
  const lookups = graph.lookups.filter(({ table }) => trained.has(table.name));
  const wanted = [...dense.flatMap(([, tensors]) => tensors), ...lookups.map(({ rows }) => rows)];
  const gradients = new Map(grad(surrogate, wanted).map((gradient, i) => [wanted[i] as Tensor, gradient]));
  return {
    pooledGradient,
    dense: dense.map(([name, tensors]) => ({
      name,
      gradients: tensors.map((tensor) => gradients.get(tensor) as Tensor),
    })),
    lookups: lookups.map(({ table, rows, ids }) => ({
      table: table.name,
      rows: gradients.get(rows) as Tensor,
      ids: ids === graph.inputs.inputIds ? undefined : ids,
    })),
  };
}

/** The inputs of a graph by name; several tensors can share a name. */
function inputsByName(result: Tensor): Map<string, Tensor[]> {
  const found = new Map<string, Set<Tensor>>();
  for (const { inputs } of nodesOf([result])) {
    for (const tensor of inputs) {
      if (tensor?.origin.kind !== 'input') continue;
      const { name } = tensor.origin;
      const tensors = found.get(name) ?? new Set();
      found.set(name, tensors.add(tensor));
    }
  }
  return new Map([...found].map(([name, tensors]) => [name, [...tensors]]));
}

/** A copy of the encoder for one micro-batch: its data inputs renamed, the weights shared. */
function chunkOf({ graph }: TrainableEncoder, chunk: number): Substitution {
  const weights = new Set(graph.parameters.map(({ name }) => name));
  return new Substitution({
    rename: (name) => (weights.has(name) ? name : graphNames.chunk(chunk, name)),
    dimension: (name) => dimension(chunk, name),
  });
}

function dimension(chunk: number, name: string): string {
  return `${name}${chunk}`;
}

function accumulate(sum: Tensor, gradient: Tensor): Tensor {
  return add(sum, gradient);
}

function partOutputs(parts: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [graphNames.part(name), part]));
}

function headOutputs(head: readonly Tensor[], gradients: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(head.map((tensor, i) => [graphNames.gradient(nameOf(tensor)), gradients[i] as Tensor]));
}

function nameOf({ origin }: Tensor): string {
  if (origin.kind !== 'input') throw new TypeError('a weight of the loss must be an input of the graph');
  return origin.name;
}
