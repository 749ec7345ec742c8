import { z } from 'zod';
import { grad, input, type Tensor } from '../../src/graph/index.ts';
import { serialize } from '../../src/graph/onnx.ts';
import { nodesOf } from '../../src/graph/tensor.ts';
import { type TripletSettings, tripletSettings } from '../../src/loss/hinge.ts';
import { LOSS_INPUTS, type LossBatch, lossFeeds, type TripleSource } from '../../src/loss/loss-inputs.ts';
import { type LossTermInput, lossTermSchema } from '../../src/loss/losses.ts';
import { type Objective, objective } from '../../src/loss/objective.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { Session, TensorValue } from '../../src/runtime/session.ts';

/** Settings of a triplet loss, with the defaults for those left out. */
export function tripletSettingsOf(settings: Partial<TripletSettings> = {}): TripletSettings {
  return z.strictObject(tripletSettings).parse(settings);
}

export type Matrix = readonly (readonly number[])[];

export function matrix(rows: Matrix): TensorValue {
  return { dtype: 'float32', shape: [rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) };
}

/** Matrices by name as what a graph is fed. */
export function feedsOf(rows: Readonly<Record<string, Matrix>>): Record<string, TensorValue> {
  return Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, matrix(value)]));
}

export function vector(values: readonly number[]): TensorValue {
  return { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) };
}

export function integers(values: readonly number[]): TensorValue {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** A loss with its gradients, loaded once and run on many values. */
export class LossGraph implements AsyncDisposable {
  readonly #session: Session;
  readonly #names: ReadonlySet<string>;

  private constructor(session: Session, names: ReadonlySet<string>) {
    this.#session = session;
    this.#names = names;
  }

  static async load(loss: Tensor, wrt: readonly Tensor[]): Promise<LossGraph> {
    const gradients = Object.fromEntries(grad(loss, wrt).map((gradient, i) => [`gradient.${i}`, gradient]));
    const outputs = { loss, ...gradients };
    const session = await nodeRuntime().createSession(serialize({ outputs }), { threads: 1 });
    const names = nodesOf(Object.values(outputs)).flatMap((node) =>
      node.inputs.flatMap((tensor) => (tensor?.origin.kind === 'input' ? [tensor.origin.name] : [])),
    );
    return new LossGraph(session, new Set(names));
  }

  async run(feeds: Readonly<Record<string, TensorValue>>): Promise<{ loss: number; gradients: Float32Array[] }> {
    const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => this.#names.has(name)));
    const { loss, ...gradients } = await this.#session.run(used);
    return {
      loss: (loss as TensorValue).data[0] as number,
      gradients: Object.keys(gradients).map((_, i) => gradients[`gradient.${i}`]?.data as Float32Array),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.dispose();
  }
}

export interface ObjectiveCase {
  readonly terms: readonly LossTermInput[];
  readonly triples: TripleSource;
  readonly batch: LossBatch;
  readonly embeddings: Matrix;
  readonly teacher?: Matrix;
  readonly head?: { readonly weight: readonly number[]; readonly bias: readonly number[] };
}

/** Loss of an objective and its gradients with respect to the embeddings and the head. */
export async function runObjective(given: ObjectiveCase): Promise<{ loss: number; gradients: Float32Array[] }> {
  const built = buildObjective(given);
  await using graph = await LossGraph.load(built.loss, [built.embeddings, ...built.head]);
  return await graph.run(objectiveFeeds(given));
}

export function buildObjective({ terms, triples, embeddings, teacher }: ObjectiveCase): Objective {
  return objective({
    terms: terms.map((term) => lossTermSchema.parse(term)),
    triples,
    size: embeddings[0]?.length ?? 0,
    ...(teacher && { teacherSize: teacher[0]?.length ?? 0 }),
  });
}

export function objectiveFeeds(given: ObjectiveCase): Record<string, TensorValue> {
  return {
    embeddings: matrix(given.embeddings),
    ...lossFeeds(given.batch, given.triples),
    ...(given.teacher && { [LOSS_INPUTS.teacher]: matrix(given.teacher) }),
    ...(given.head && { 'head.weight': vector(given.head.weight), 'head.bias': vector(given.head.bias) }),
  };
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2;
    size += (b[i] as number) ** 2;
  }
  return a.length === b.length ? Math.sqrt(difference / Math.max(size, 1e-30)) : Number.POSITIVE_INFINITY;
}

/** Graph inputs for rows of embeddings, [M, width] under a name each. */
export function rowInputs<const Names extends readonly string[]>(
  names: Names,
  width: number,
): Record<Names[number], Tensor> {
  return Object.fromEntries(names.map((name) => [name, input(name, 'float32', ['M', width])])) as Record<
    Names[number],
    Tensor
  >;
}
