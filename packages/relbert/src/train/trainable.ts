import { buildRelationGraph, type RelationGraph } from '../encoder/relation-graph.ts';
import { objective } from '../loss/objective.ts';
import { readParameters } from '../models/weights.ts';
import type { TensorValue } from '../runtime/session.ts';
import { trainedWeights } from './frozen.ts';
import { Gradients } from './gradients.ts';
import { initialHead } from './head.ts';
import { AdamW } from './optimiser.ts';
import type { TrainOptions } from './trainer.ts';
import { WeightAverage } from './weight-average.ts';

export type FloatTensor = TensorValue & { readonly data: Float32Array };
export type FloatTensors = ReadonlyMap<string, FloatTensor>;

/** Bytes of intermediate results that a token of a step may need, as multiples of layers × hidden × 4. */
const activationsPerToken = 24;
/** Bytes of intermediate results that are kept at once unless the configuration says otherwise. */
const activationBytes = 2.2e9;

/** Everything of a run that has weights in it. */
export class Trainable {
  readonly graph: RelationGraph;
  readonly optimiser: AdamW;
  readonly gradients: Gradients;
  /** Every weight of the encoder and of the losses by name; the trained ones are views that each step changes. */
  readonly weights: FloatTensors;
  readonly average: WeightAverage | undefined;

  private constructor(
    graph: RelationGraph,
    optimiser: AdamW,
    gradients: Gradients,
    weights: FloatTensors,
    average: WeightAverage | undefined,
  ) {
    this.graph = graph;
    this.optimiser = optimiser;
    this.gradients = gradients;
    this.weights = weights;
    this.average = average;
  }

  /** Builds graphs and optimiser and reads the weights of the language model. */
  static async create(options: TrainOptions): Promise<Trainable> {
    const { model, training, teacher, runtime, threads, spinning } = options;
    const config =
      training.dropout === null
        ? model.config
        : { ...model.config, hiddenDropout: training.dropout, attentionDropout: training.dropout };
    const { vectors } = model.prompt;
    const build = (dropout: boolean) =>
      buildRelationGraph(config, {
        pooling: model.pooling,
        mode: 'training',
        dropout,
        ...(vectors && { softPrompt: vectors }),
      });
    const graph = build(true);
    const stored = await readParameters(graph.parameters, config, model.weights);
    const goal = objective({
      terms: training.losses,
      size: graph.dimension,
      triples: training.triples,
      ...(teacher && { teacherSize: teacher.dimension }),
    });
    const encoderWeights = graph.parameters.map(({ name, shape }) => ({
      name,
      shape,
      data: stored[name] as Float32Array,
    }));
    const headWeights = initialHead(goal.head, training.seed);
    const trained = trainedWeights(graph.architecture, {
      embeddings: training.freezeEmbeddings,
      layers: training.freezeLayers,
    });
    const widths = new Map(graph.lookups.map(({ table }) => [table.name, table.shape.at(-1)]));
    const optimiser = new AdamW(
      [...encoderWeights.filter(({ name }) => trained.has(name)), ...headWeights].map(({ name, data }) => {
        const width = widths.get(name);
        return {
          name,
          data,
          weightDecay: training.decayAll || !isBiasOrNorm(name) ? training.weightDecay : 0,
          ...(width !== undefined && width % 4 === 0 && { rowLength: width }),
        };
      }),
      { beta1: training.beta1, beta2: training.beta2, epsilon: training.epsilon },
    );
    const own = new Set(optimiser.names);
    const weights: FloatTensors = new Map(
      [...encoderWeights, ...headWeights].map(({ name, shape, data }) => [
        name,
        { dtype: 'float32', shape, data: own.has(name) ? optimiser.weights(name) : data },
      ]),
    );
    const { layers, hidden } = config;
    const gradients = new Gradients({
      config,
      encoder: { graph, trained },
      undisturbed: { graph: build(false), trained },
      objective: goal,
      runtime,
      ...(threads !== undefined && { threads }),
      ...(spinning !== undefined && { spinning }),
      weights,
      microBatchTokens: training.microBatchTokens,
      fusedTokens: training.fusedTokens ?? Math.floor(activationBytes / (layers * hidden * 4 * activationsPerToken)),
    });
    const average =
      training.average === null
        ? undefined
        : new WeightAverage(new Map(optimiser.names.map((name) => [name, optimiser.weights(name)])), training.average);
    return new Trainable(graph, optimiser, gradients, weights, average);
  }

  /** The weights that validation and the result go by: the moving averages where there are any. */
  get evaluated(): FloatTensors {
    const averages = this.average?.averages;
    if (!averages) return this.weights;
    return new Map(
      [...this.weights].map(([name, weight]) => [name, { ...weight, data: averages.get(name) ?? weight.data }]),
    );
  }

  /** Of those, the trained ones, as copies. */
  copyTrained(): Map<string, Float32Array> {
    const { evaluated } = this;
    return new Map(this.optimiser.names.map((name) => [name, (evaluated.get(name) as FloatTensor).data.slice()]));
  }
}

/** In all families: `….bias`, `….LayerNorm.weight`, `…_layer_norm.weight`. */
function isBiasOrNorm(name: string): boolean {
  return /bias$|norm\.weight$/i.test(name);
}
