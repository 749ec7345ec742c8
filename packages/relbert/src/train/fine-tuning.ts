import { buildRelationGraph, type RelationGraph } from '../encoder/relation-graph.ts';
import { LOSS_INPUTS, lossFeeds } from '../loss/loss-inputs.ts';
import { needsTeacher } from '../loss/losses.ts';
import { objective } from '../loss/objective.ts';
import { readParameters } from '../models/weights.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, TensorValue } from '../runtime/session.ts';
import type { TrainingBatch } from './batch.ts';
import { plainJson } from './configuration.ts';
import { trainedWeights } from './frozen.ts';
import { type GradientInput, Gradients } from './gradients.ts';
import { initialHead } from './head.ts';
import type { MeasuringEvent } from './pass.ts';
import { checkedLength, type EncodePair } from './prompt-length.ts';
import { runLength } from './run-length.ts';
import type { Sampler } from './sampler.ts';
import type { Figures, FloatTensor, FloatTensors, Task, TaskStep } from './task.ts';
import type { TrainEvent } from './train-event.ts';
import { type PreparedTask, type RunOptions, trainTask } from './trainer.ts';
import type { TrainingConfig } from './training-config.ts';
import type { PairEncoder, Teacher, TrainingModel, Validation } from './training-model.ts';

export interface TrainOptions extends RunOptions {
  readonly model: TrainingModel;
  readonly training: TrainingConfig;
  readonly sampler: Sampler;
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  /** Threads wait in a busy loop between operators: a little faster on an idle machine. Default: the runtime's. */
  readonly spinning?: boolean | undefined;
  /** Needed for the loss 'similarity'. */
  readonly teacher?: Teacher | undefined;
  readonly validation?: Validation | undefined;
}

/**
 * Trains a relation encoder (paper, section 3): each step draws a batch, writes its distinct pairs into the prompt,
 * encodes them, and takes an AdamW step along the gradient of the losses.
 *
 * @throws what `trainTask` throws; PromptTooLongError for a pair that is too long for the model; WeightError or
 *   CheckpointError for weights that do not fit or are damaged; RuntimeError where the runtime fails
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const { training, sampler, configuration, store, resume, signal } = options;
  yield* trainTask(() => prepareFineTuning(options), {
    settings: training,
    steps: runLength(training, sampler),
    configuration: plainJson({ run: configuration, training }),
    ...{ signal, store, resume },
  });
}

/** Bytes of intermediate results that a token of a step may need, as multiples of layers × hidden × 4. */
const activationsPerToken = 24;
/** Default limit of the bytes of intermediate results. */
const activationBytes = 2.2e9;

/** Builds the graphs and reads the weights of the language model. */
async function prepareFineTuning(options: TrainOptions): Promise<PreparedTask> {
  const { model, training, teacher, runtime, threads, spinning } = options;
  const { config } = model;
  const { vectors } = model.prompt;
  const build = (dropout: boolean) =>
    buildRelationGraph(config, {
      pooling: model.pooling,
      dropout,
      ...(training.dropout !== null && { dropoutRate: training.dropout }),
      softPrompt: vectors,
    });
  const graph = build(true);
  const stored = await readParameters(graph.parameters, config, model.weights);
  const goal = objective({
    terms: training.losses,
    size: graph.dimension,
    triples: training.triples,
    teacherSize: teacher?.dimension,
  });
  const weights = [
    ...graph.parameters.map(({ name, shape }) => ({ name, shape, data: stored[name] as Float32Array })),
    ...initialHead(goal.head, training.seed),
  ];
  const trained = trainedWeights(graph, {
    embeddings: training.freezeEmbeddings,
    layers: training.freezeLayers,
  });
  const head = new Set(goal.head.map(({ origin }) => (origin.kind === 'input' ? origin.name : '')));
  const isTrained = (name: string) => trained.has(name) || head.has(name);
  const widths = new Map(graph.lookups.map(({ table }) => [table.name, table.shape.at(-1)]));
  const parameters = weights
    .filter(({ name }) => isTrained(name))
    .map((weight) => {
      const width = widths.get(weight.name);
      return {
        ...weight,
        weightDecay: training.decayAll || !isBiasOrNorm(weight.name) ? training.weightDecay : 0,
        ...(width !== undefined && width % 4 === 0 && { rowLength: width }),
      };
    });
  const frozen: FloatTensors = new Map(
    weights.flatMap(({ name, shape, data }) =>
      isTrained(name) ? [] : [[name, { dtype: 'float32' as const, shape, data }] as const],
    ),
  );
  const { layers, hidden } = config;
  const gradients = new Gradients({
    config,
    encoder: { graph, trained },
    undisturbed: { graph: build(false), trained },
    objective: goal,
    runtime,
    threads,
    spinning,
    microBatchTokens: training.microBatchTokens,
    fusedTokens: training.fusedTokens ?? Math.floor(activationBytes / (layers * hidden * 4 * activationsPerToken)),
  });
  const parameterCount = weights.reduce((sum, { data }) => sum + data.length, 0);
  return { parameters, task: new FineTuning({ options, graph, gradients, frozen, parameterCount }) };
}

interface FineTuningParts {
  readonly options: TrainOptions;
  readonly graph: RelationGraph;
  readonly gradients: Gradients;
  readonly frozen: FloatTensors;
  readonly parameterCount: number;
}

class FineTuning implements Task {
  readonly parameterCount: number;
  readonly advice =
    'a lower learning rate (--lr), a longer warm-up (--set training.warmup=…), gradient clipping (--set training.clip=1) or a higher temperature (--set training.losses.0.temperature=…)';
  readonly validatesStart = false;
  readonly #options: TrainOptions;
  readonly #graph: RelationGraph;
  readonly #gradients: Gradients;
  readonly #frozen: FloatTensors;
  readonly #encode: EncodePair;
  readonly #prompts = new Map<string, EncodedPrompt>();

  constructor({ options, graph, gradients, frozen, parameterCount }: FineTuningParts) {
    const { prompt, config, maxLength = config.maxLength } = options.model;
    this.parameterCount = parameterCount;
    this.#options = options;
    this.#graph = graph;
    this.#gradients = gradients;
    this.#frozen = frozen;
    this.#encode = checkedLength((pair) => prompt.encode(pair), maxLength);
  }

  get microBatches(): number {
    return this.#gradients.microBatchCount;
  }

  set microBatches(count: number) {
    this.#gradients.microBatchCount = count;
  }

  async step(step: number, weights: FloatTensors): Promise<TaskStep> {
    const { sampler, training } = this.#options;
    const batch = sampler.batch(step);
    const input = await this.#input(batch, { seed: training.seed, step });
    const result = await this.#gradients.gradients(input, this.#complete(weights));
    return { ...result, prompts: batch.pairs.length };
  }

  async *validate(weights: FloatTensors): AsyncGenerator<MeasuringEvent, Figures | undefined> {
    const { validation, signal } = this.#options;
    const { batches = [], figures } = validation ?? {};
    if (batches.length === 0 && !figures) return undefined;
    const complete = this.#complete(weights);
    let sum = 0;
    for (const [at, batch] of batches.entries()) {
      await eventLoopTurn(signal);
      sum += (await this.#gradients.loss(await this.#input(batch, undefined), complete)).loss;
      yield { kind: 'measuring', what: 'validation', batch: at + 1, batches: batches.length };
    }
    return {
      ...(batches.length > 0 && { loss: sum / batches.length }),
      ...(await figures?.((pairs) => this.#embed(pairs, complete))),
    };
  }

  /** All weights of the encoder, without the head of the losses. */
  async result(weights: FloatTensors): Promise<FloatTensors> {
    const complete = this.#complete(weights);
    return new Map(this.#graph.parameters.map(({ name }) => [name, complete.get(name) as FloatTensor]));
  }

  async dispose(): Promise<void> {
    await this.#gradients.dispose();
  }

  #complete(trained: FloatTensors): FloatTensors {
    return new Map([...this.#frozen, ...trained]);
  }

  /** Prompts and feeds of a batch. */
  async #input(batch: TrainingBatch, dropout: GradientInput['dropout']): Promise<GradientInput> {
    const { training, teacher } = this.#options;
    const feeds: Record<string, TensorValue> = { ...lossFeeds(batch, training.triples) };
    if (teacher && needsTeacher(training.losses)) {
      feeds[LOSS_INPUTS.teacher] = {
        dtype: 'float32',
        shape: [batch.pairs.length, teacher.dimension],
        data: await teacher.embeddings(batch.pairs),
      };
    }
    return { prompts: batch.pairs.map((pair) => this.#promptOf(pair)), feeds, dropout };
  }

  #promptOf(pair: WordPair): EncodedPrompt {
    const key = pairKey(pair);
    const cached = this.#prompts.get(key);
    if (cached) return cached;
    const prompt = this.#encode(pair);
    this.#prompts.set(key, prompt);
    return prompt;
  }

  /** In parts, between which an abort is heard: the questions of a validation take longer than a step. */
  async #embed(pairs: readonly WordPair[], weights: FloatTensors): ReturnType<PairEncoder> {
    const { dimension } = this.#graph;
    const data = new Float32Array(pairs.length * dimension);
    for (let first = 0; first < pairs.length; first += encodedAtOnce) {
      await eventLoopTurn(this.#options.signal);
      const prompts = pairs.slice(first, first + encodedAtOnce).map((pair) => this.#promptOf(pair));
      data.set(await this.#gradients.encode(prompts, weights), first * dimension);
    }
    return { data, shape: [pairs.length, dimension] };
  }
}

/** Pairs of a validation between two looks at the signal. */
const encodedAtOnce = 512;

/** In all families: `….bias`, `…_bias.weight` (MPNet's table), `….LayerNorm.weight`, `…_layer_norm.weight`. */
function isBiasOrNorm(name: string): boolean {
  return /bias$|_bias\.weight$|norm\.weight$/i.test(name);
}
