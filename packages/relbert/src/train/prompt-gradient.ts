import type { Pooling } from '../encoder/pooling.ts';
import { buildRelationGraph, type RelationGraph } from '../encoder/relation-graph.ts';
import { input } from '../graph/index.ts';
import { lossFeeds } from '../loss/loss-inputs.ts';
import { objective } from '../loss/objective.ts';
import type { EncoderConfig } from '../models/config.ts';
import { readParameters, type StoredWeights } from '../models/weights.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, TensorValue } from '../runtime/session.ts';
import { Gradients } from './gradients.ts';
import { type Pass, resultOf } from './pass.ts';
import type { EncodePair } from './prompt-length.ts';
import type { HingeOptions } from './prompt-problem.ts';
import type { TripletBatch } from './triplet-batch.ts';

export interface PromptGradientOptions extends HingeOptions {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly pooling: Pooling;
  readonly runtime: Runtime;
  /** Vectors of the prompt: C. */
  readonly count: number;
  readonly threads?: number | undefined;
}

export interface VectorGradient {
  /** Mean triplet loss of the batch. */
  readonly loss: number;
  /** d loss / d vectors [C, E]. */
  readonly gradient: Float32Array;
}

/** Name of the graph's input for the vectors. */
const promptName = 'soft_prompt';

/**
 * The gradient of the triplet loss with respect to the input embeddings at a prompt's places. The language model is
 * frozen: the prompt is part of the graph, and only its vectors have a gradient.
 */
export class PromptGradient {
  readonly #gradients: Gradients;
  /** Of the language model, and the prompt's vectors. */
  readonly #weights: ReadonlyMap<string, TensorValue>;
  /** [C, E]: the graph reads them; each run sets them first. */
  readonly #vectors: Float32Array;
  /** Word embeddings [V, E]: the rows of the language model's table. */
  readonly words: Float32Array;

  private constructor(
    gradients: Gradients,
    weights: ReadonlyMap<string, TensorValue>,
    vectors: Float32Array,
    words: Float32Array,
  ) {
    this.#gradients = gradients;
    this.#weights = weights;
    this.#vectors = vectors;
    this.words = words;
  }

  static async create(options: PromptGradientOptions): Promise<PromptGradient> {
    const { config, pooling, count, weights, runtime, threads, margin = 1, distance = 'euclidean' } = options;
    const shape = [count, config.embedding];
    const vectors = new Float32Array(count * config.embedding);
    const tensor = input(promptName, 'float32', shape);
    const plain = buildRelationGraph(config, { pooling, softPrompt: tensor });
    const graph: RelationGraph = {
      ...plain,
      parameters: [
        ...plain.parameters,
        { name: promptName, dtype: 'float32', shape, sources: [], pack: () => vectors, tensor },
      ],
    };
    const stored = await readParameters(graph.parameters, config, weights);
    const hinge = { margin, distance, hinge: 'paper', reduction: 'mean', symmetric: false, weight: 1 } as const;
    const gradients = new Gradients({
      config,
      encoder: { graph, trained: new Set([promptName]) },
      objective: objective({ terms: [{ name: 'triplet', ...hinge }], size: graph.dimension, triples: 'drawn' }),
      runtime,
      threads,
    });
    const all = new Map(
      graph.parameters.map(({ name, shape: dimensions }): [string, TensorValue] => [
        name,
        { dtype: 'float32', shape: dimensions, data: stored[name] as Float32Array },
      ]),
    );
    const words = stored[graph.lookups[0]?.table.name ?? ''] as Float32Array;
    return new PromptGradient(gradients, all, vectors, words);
  }

  /** Rows of the word-embedding table, one after the other: the vectors of tokens. */
  vectorsOf(tokens: readonly number[]): Float32Array {
    const width = this.#vectors.length / tokens.length;
    const vectors = new Float32Array(this.#vectors.length);
    for (const [i, token] of tokens.entries()) {
      vectors.set(this.words.subarray(token * width, (token + 1) * width), i * width);
    }
    return vectors;
  }

  /** Loss and gradient of one batch. A function of its arguments alone, to the last bit. */
  async ofBatch(batch: TripletBatch, encode: EncodePair, vectors: Float32Array): Promise<VectorGradient> {
    this.#vectors.set(vectors);
    // Otherwise the cut into micro-batches would depend on the batches before.
    this.#gradients.microBatchCount = 0;
    const { loss, gradients } = await this.#gradients.gradients(
      { prompts: batch.pairs.map(encode), feeds: tripletFeeds(batch), dropout: undefined },
      this.#weights,
    );
    const { values } = gradients.get(promptName) ?? {};
    if (!values) throw new RangeError('the loss does not depend on the prompt');
    return { loss, gradient: values.slice() };
  }

  /** Mean loss over all triples of the batches, with the same graph and without the backward pass. */
  loss(
    batches: readonly TripletBatch[],
    encode: EncodePair,
    vectors: Float32Array,
    signal?: AbortSignal,
  ): Promise<number> {
    return resultOf(this.lossPass(batches, encode, vectors, signal));
  }

  /** The same, batch by batch. */
  async *lossPass(
    batches: readonly TripletBatch[],
    encode: EncodePair,
    vectors: Float32Array,
    signal?: AbortSignal,
  ): Pass<number> {
    let [sum, count] = [0, 0];
    for (const [at, batch] of batches.entries()) {
      await eventLoopTurn(signal);
      this.#vectors.set(vectors);
      const input = { prompts: batch.pairs.map(encode), feeds: tripletFeeds(batch) };
      const { loss } = await this.#gradients.loss(input, this.#weights);
      sum += loss * batch.relationOf.length;
      count += batch.relationOf.length;
      yield at + 1;
    }
    return sum / count;
  }

  /** Mean loss and gradient over all triples of the batches. */
  mean(
    batches: readonly TripletBatch[],
    encode: EncodePair,
    vectors: Float32Array,
    signal?: AbortSignal,
  ): Promise<VectorGradient> {
    return resultOf(this.meanPass(batches, encode, vectors, signal));
  }

  /** The same, batch by batch. */
  async *meanPass(
    batches: readonly TripletBatch[],
    encode: EncodePair,
    vectors: Float32Array,
    signal?: AbortSignal,
  ): Pass<VectorGradient> {
    const gradient = new Float32Array(vectors.length);
    const count = batches.reduce((sum, { relationOf }) => sum + relationOf.length, 0);
    let loss = 0;
    for (const [at, batch] of batches.entries()) {
      await eventLoopTurn(signal);
      const part = await this.ofBatch(batch, encode, vectors);
      const share = batch.relationOf.length / count;
      loss += share * part.loss;
      for (const [i, value] of part.gradient.entries()) gradient[i] = (gradient[i] as number) + share * value;
      yield at + 1;
    }
    return { loss, gradient };
  }

  async dispose(): Promise<void> {
    await this.#gradients.dispose();
  }
}

/** The triples of a batch as the loss graph takes them: its items are the pairs. */
function tripletFeeds({ pairs, triples }: TripletBatch) {
  const none = { anchors: [], positives: [], negatives: [] };
  return lossFeeds(
    {
      items: pairs.map((_, pair) => ({ pair, relation: -1, category: -1, positive: true })),
      triples: { relation: triples, category: none },
    },
    'drawn',
  );
}
