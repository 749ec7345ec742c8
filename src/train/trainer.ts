import type { EncoderConfig } from '../encoder/config.ts';
import type { Pooling } from '../encoder/pooling.ts';
import { PromptTooLongError } from '../encoder/relation-encoder.ts';
import { buildRelationGraph, type RelationGraph } from '../encoder/relation-graph.ts';
import { readParameters, type StoredWeights } from '../encoder/weights.ts';
import { LOSS_INPUTS, lossFeeds } from '../loss/loss-inputs.ts';
import { type Objective, objective } from '../loss/objective.ts';
import { lossNeeds } from '../loss/terms.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EncodedPrompt, Prompt } from '../prompt/prompt.ts';
import type { Runtime, TensorValue } from '../runtime/session.ts';
import type { TrainingBatch } from './batch.ts';
import { DivergenceWatch } from './divergence.ts';
import { trainedWeights } from './frozen.ts';
import { type GradientInput, Gradients } from './gradients.ts';
import { initialHead } from './head.ts';
import { AdamW } from './optimiser.ts';
import type { Sampler } from './sampler.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainEvent, ValidationEvent } from './train-event.ts';
import type { TrainingConfig } from './training-config.ts';
import {
  type BestValidation,
  ConfigurationMismatchError,
  configurationDifferences,
  type Json,
  type Progress,
  type TrainingState,
  type TrainingStore,
} from './training-state.ts';
import { WeightAverage } from './weight-average.ts';

/** The language model that is trained, with the prompt and the pooling that make a relation encoder of it. */
export interface TrainingModel {
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
  readonly prompt: Prompt;
  readonly pooling: Pooling;
  /** Tokens that a prompt may have. Default: what the model takes. */
  readonly maxLength?: number;
}

/** A larger encoder whose similarities the loss 'similarity' teaches. */
export interface Teacher {
  /** Length of its embeddings: E. */
  readonly dimension: number;
  /** Its embeddings [n, E] of pairs, in their order. */
  embeddings(pairs: readonly WordPair[]): Promise<Float32Array>;
}

/** Embeddings [n, D] of pairs, in their order, with the weights as they are now and without dropout. */
export type PairEncoder = (
  pairs: readonly WordPair[],
) => Promise<{ readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] }>;

export interface Validation {
  /** Batches whose mean loss is reported as `loss`. */
  readonly batches?: readonly TrainingBatch[];
  /** Further figures by name, higher is better: accuracies of analogy questions. */
  readonly figures?: (encode: PairEncoder) => Promise<Readonly<Record<string, number>>>;
}

export interface TrainOptions {
  readonly model: TrainingModel;
  readonly training: TrainingConfig;
  readonly sampler: Sampler;
  readonly runtime: Runtime;
  readonly threads?: number;
  /** Threads wait in a busy loop between operators: a little quicker on an idle machine. Default: as the runtime has it. */
  readonly spinning?: boolean;
  /** Needed for the loss 'similarity'. */
  readonly teacher?: Teacher;
  readonly validation?: Validation;
  /** Where checkpoints go; without one nothing is written. */
  readonly store?: TrainingStore;
  /** Go on from the store's last checkpoint, if it has one. Default false. */
  readonly resume?: boolean;
  /** What beside `training` a resumed run must have in common with the checkpoint: model, prompt, data. */
  readonly configuration?: Json;
  readonly signal?: AbortSignal;
}

/**
 * Trains a relation encoder (paper, section 3): each step draws a batch, writes its distinct pairs into the prompt,
 * encodes them, and takes an AdamW step along the gradient of the losses.
 *
 * Repeatable: the same options give the same bits on the same machine, whether the run was interrupted or not. The
 * loop ends with a `done` event that has the weights: the best ones where there is validation, else the last (their
 * moving average where `average` is set). Where a signal stops it between two steps, a checkpoint is written first.
 *
 * @throws DivergenceError where the loss is NaN or explodes, ConfigurationMismatchError where the store's checkpoint
 *   has other settings, PromptTooLongError for a pair longer than the model, the signal's reason when aborted
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const run = await TrainingRun.create(options);
  try {
    yield* run.events();
  } finally {
    await run.dispose();
  }
}

type Floats = TensorValue & { readonly data: Float32Array };

/** How many bytes of intermediate results a token of a step may need, as multiples of layers × hidden × 4. */
const activationsPerToken = 24;
/** Bytes of intermediate results that are kept at once unless the configuration says otherwise. */
const activationBytes = 2.2e9;

class TrainingRun {
  readonly #options: TrainOptions;
  readonly #graph: RelationGraph;
  readonly #optimiser: AdamW;
  readonly #gradients: Gradients;
  readonly #weights: ReadonlyMap<string, Floats>;
  readonly #average: WeightAverage | undefined;
  readonly #steps: number;
  readonly #configuration: Json;
  readonly #prompts = new Map<string, EncodedPrompt>();
  #watch = new DivergenceWatch();
  #progress: Progress = {
    step: 0,
    seconds: 0,
    best: undefined,
    waited: 0,
    microBatches: 0,
    losses: [],
    finished: false,
  };
  #bestWeights: ReadonlyMap<string, Float32Array> | undefined;

  static async create(options: TrainOptions): Promise<TrainingRun> {
    const { model, training, teacher, signal } = options;
    signal?.throwIfAborted();
    const config =
      training.dropout === null
        ? model.config
        : { ...model.config, hiddenDropout: training.dropout, attentionDropout: training.dropout };
    const { vectors } = model.prompt;
    const graph = (dropout: boolean) =>
      buildRelationGraph(config, {
        pooling: model.pooling,
        mode: 'training',
        dropout,
        ...(vectors && { softPrompt: vectors }),
      });
    const encoder = graph(true);
    const stored = await readParameters(encoder.parameters, config, model.weights);
    signal?.throwIfAborted();
    const goal = objective({
      terms: training.losses,
      size: encoder.dimension,
      triples: training.triples,
      ...(teacher && { teacherSize: teacher.dimension }),
    });
    return new TrainingRun(options, encoder, graph(false), goal, stored);
  }

  private constructor(
    options: TrainOptions,
    encoder: RelationGraph,
    undisturbed: RelationGraph,
    goal: Objective,
    stored: Readonly<Record<string, unknown>>,
  ) {
    const { model, training, sampler, runtime, threads, spinning } = options;
    this.#options = options;
    this.#graph = encoder;
    this.#steps = training.steps ?? Math.max(1, Math.round((training.epochs ?? 1) * sampler.stepsPerEpoch));
    // Through text, so that what a checkpoint holds and what is compared with it are of one form.
    this.#configuration = JSON.parse(
      JSON.stringify({ ...(options.configuration !== undefined && { run: options.configuration }), training }),
    ) as Json;

    const trained = trainedWeights(encoder.architecture, {
      embeddings: training.freezeEmbeddings,
      layers: training.freezeLayers,
    });
    const tables = new Map(encoder.lookups.map(({ table }) => [table.name, table.shape]));
    const all = [
      ...encoder.parameters.map(({ name, shape }) => ({ name, shape, data: stored[name] as Float32Array })),
      ...initialHead(goal.head, training.seed),
    ];
    const isTrained = (name: string) => trained.has(name) || !encoder.parameters.some((other) => other.name === name);
    this.#optimiser = new AdamW(
      all
        .filter(({ name }) => isTrained(name))
        .map(({ name, data }) => {
          const width = tables.get(name)?.at(-1);
          return {
            name,
            data,
            weightDecay:
              training.decayAll || !/bias$|norm\.weight$|layer_norm\.weight$/i.test(name) ? training.weightDecay : 0,
            ...(width !== undefined && width % 4 === 0 && { rowLength: width }),
          };
        }),
      { beta1: training.beta1, beta2: training.beta2, epsilon: training.epsilon },
    );
    this.#weights = new Map(
      all.map(({ name, shape, data }) => [
        name,
        { dtype: 'float32', shape, data: isTrained(name) ? this.#optimiser.weights(name) : data },
      ]),
    );
    this.#average =
      training.average === null
        ? undefined
        : new WeightAverage(
            new Map(this.#optimiser.names.map((name) => [name, this.#optimiser.weights(name)])),
            training.average,
          );
    const { layers, hidden } = model.config;
    this.#gradients = new Gradients({
      config: model.config,
      encoder: { graph: encoder, trained },
      undisturbed: { graph: undisturbed, trained },
      objective: goal,
      runtime,
      ...(threads !== undefined && { threads }),
      ...(spinning !== undefined && { spinning }),
      weights: this.#weights,
      microBatchTokens: training.microBatchTokens,
      fusedTokens: training.fusedTokens ?? Math.floor(activationBytes / (layers * hidden * 4 * activationsPerToken)),
    });
  }

  async *events(): AsyncGenerator<TrainEvent> {
    const { training, signal, sampler } = this.#options;
    await this.#resume();
    const size = (names: Iterable<string>) =>
      [...names].reduce((sum, name) => sum + (this.#weights.get(name)?.data.length ?? 0), 0);
    yield {
      kind: 'start',
      step: this.#progress.step,
      steps: this.#steps,
      finished: this.#progress.finished,
      trainedParameters: size(this.#optimiser.names),
      parameters: size(this.#weights.keys()),
    };
    const every = training.every ?? this.#steps;
    while (!this.#progress.finished) {
      // A turn for the event loop, which the native code blocks while it computes: signals and timers come through.
      await new Promise((resolve) => setTimeout(resolve));
      if (signal?.aborted) {
        await this.#save('last');
        throw signal.reason;
      }
      const { step } = this.#progress;
      if (step < this.#steps) yield await this.#step(sampler.batch(step), step);
      const done = this.#progress.step >= this.#steps;
      if ((!done && this.#progress.step % every !== 0) || signal?.aborted) continue;
      const validation = await this.#validate();
      if (validation) yield validation;
      if (validation?.best && (await this.#save('best'))) {
        yield { kind: 'checkpoint', step: this.#progress.step, which: 'best' };
      }
      const stop = training.patience !== null && this.#progress.waited >= training.patience;
      this.#progress = { ...this.#progress, finished: done || stop };
      if (await this.#save('last')) yield { kind: 'checkpoint', step: this.#progress.step, which: 'last' };
      if (stop && !done) yield { kind: 'early-stop', step: this.#progress.step, patience: training.patience ?? 0 };
    }
    yield this.#done();
  }

  async dispose(): Promise<void> {
    await this.#gradients.dispose();
  }

  async #step(batch: TrainingBatch, step: number): Promise<TrainEvent> {
    const { training } = this.#options;
    const start = performance.now();
    const input = await this.#input(batch, { seed: training.seed, step });
    const { loss, parts, gradients } = await this.#gradients.gradients(input);
    const gradientNorm = this.#optimiser.norm(gradients);
    this.#watch.check(step + 1, loss, gradientNorm);
    const learningRate = learningRateAt(step, { ...training, steps: this.#steps });
    const { clip } = training;
    // As torch.nn.utils.clip_grad_norm_ has it.
    this.#optimiser.step(gradients, learningRate, clip === null ? 1 : Math.min(1, clip / (gradientNorm + 1e-6)));
    this.#average?.update(step + 1);
    const seconds = (performance.now() - start) / 1000;
    this.#progress = {
      ...this.#progress,
      step: step + 1,
      seconds: this.#progress.seconds + seconds,
      microBatches: this.#gradients.microBatchCount,
      losses: this.#watch.losses,
    };
    return {
      kind: 'step',
      step: step + 1,
      steps: this.#steps,
      loss,
      parts,
      learningRate,
      gradientNorm,
      prompts: batch.pairs.length,
      seconds,
    };
  }

  /** Prompts and feeds of a batch. */
  async #input(batch: TrainingBatch, dropout: GradientInput['dropout']): Promise<GradientInput> {
    const { training, teacher } = this.#options;
    const feeds: Record<string, TensorValue> = { ...lossFeeds(batch, training.triples) };
    if (teacher && lossNeeds(training.losses).teacher) {
      feeds[LOSS_INPUTS.teacher] = {
        dtype: 'float32',
        shape: [batch.pairs.length, teacher.dimension],
        data: await teacher.embeddings(batch.pairs),
      };
    }
    return { prompts: batch.pairs.map((pair) => this.#promptOf(pair)), feeds, dropout };
  }

  #promptOf(pair: WordPair): EncodedPrompt {
    const key = JSON.stringify([pair.head, pair.tail]);
    const known = this.#prompts.get(key);
    if (known) return known;
    const { prompt, config, maxLength = config.maxLength } = this.#options.model;
    const made = prompt.encode(pair);
    if (made.ids.length > maxLength) {
      throw new PromptTooLongError({ index: 0, pair, length: made.ids.length, limit: maxLength });
    }
    this.#prompts.set(key, made);
    return made;
  }

  async #validate(): Promise<ValidationEvent | undefined> {
    const { validation, training } = this.#options;
    if (!validation?.batches?.length && !validation?.figures) return undefined;
    const start = performance.now();
    const weights = this.#evaluated();
    const figures: Record<string, number> = {};
    const losses: number[] = [];
    for (const batch of validation.batches ?? []) {
      this.#options.signal?.throwIfAborted();
      const { loss } = await this.#gradients.loss(await this.#input(batch, undefined), weights);
      losses.push(loss);
    }
    if (losses.length > 0) figures['loss'] = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const encode: PairEncoder = async (pairs) => ({
      data: await this.#gradients.encode(
        pairs.map((pair) => this.#promptOf(pair)),
        weights,
      ),
      shape: [pairs.length, this.#graph.dimension],
    });
    Object.assign(figures, await validation.figures?.(encode));
    const metric = training.metric ?? ('mean' in figures ? 'mean' : (Object.keys(figures)[0] as string));
    const value = figures[metric];
    if (value === undefined) {
      throw new RangeError(`there is no validation figure '${metric}'; there are: ${Object.keys(figures).join(', ')}`);
    }
    const { best } = this.#progress;
    const better = best === undefined || (metric === 'loss' ? value < best.value : value > best.value);
    if (better) this.#bestWeights = new Map([...this.#trainedOf(weights)].map(([name, data]) => [name, data.slice()]));
    const seconds = (performance.now() - start) / 1000;
    const { step } = this.#progress;
    this.#progress = {
      ...this.#progress,
      seconds: this.#progress.seconds + seconds,
      best: better ? { step, value } : best,
      waited: better ? 0 : this.#progress.waited + 1,
    };
    return { kind: 'validation', step, figures, metric, value, best: better, seconds };
  }

  /** The weights that validation and the result go by: the moving averages where there are any. */
  #evaluated(): ReadonlyMap<string, Floats> {
    const averages = this.#average?.averages;
    if (!averages) return this.#weights;
    return new Map(
      [...this.#weights].map(([name, weight]) => [name, { ...weight, data: averages.get(name) ?? weight.data }]),
    );
  }

  #trainedOf(weights: ReadonlyMap<string, Floats>): Map<string, Float32Array> {
    return new Map(this.#optimiser.names.map((name) => [name, weights.get(name)?.data as Float32Array]));
  }

  #done(): TrainEvent {
    const { best, step, seconds } = this.#progress;
    const chosen = this.#bestWeights ?? this.#trainedOf(this.#evaluated());
    const { training } = this.#options;
    const weights = this.#graph.parameters.map(({ name }) => {
      const weight = this.#weights.get(name) as Floats;
      return [name, { ...weight, data: (chosen.get(name) ?? weight.data).slice() }] as const;
    });
    const metric = training.metric ?? (this.#options.validation?.figures ? 'mean' : 'loss');
    return {
      kind: 'done',
      step,
      seconds,
      weightsFrom: best?.step ?? step,
      weights: new Map(weights),
      best: best && { ...best, metric },
    };
  }

  /** Writes a checkpoint where there is a store. */
  async #save(which: 'last' | 'best'): Promise<boolean> {
    const { store } = this.#options;
    if (!store) return false;
    const tensors = new Map<string, Floats>();
    const add = (kind: string, name: string, data: Float32Array) =>
      tensors.set(`${kind}.${name}`, {
        dtype: 'float32',
        shape: this.#weights.get(name)?.shape ?? [data.length],
        data,
      });
    if (which === 'best') {
      for (const [name, data] of this.#bestWeights ?? []) add('weight', name, data);
    } else {
      const { moments } = this.#optimiser.state();
      for (const name of this.#optimiser.names) {
        add('weight', name, this.#optimiser.weights(name));
        add('first', name, (moments[name] as { first: Float32Array }).first);
        add('second', name, (moments[name] as { second: Float32Array }).second);
        const average = this.#average?.averages.get(name);
        if (average) add('average', name, average);
      }
    }
    await store.save(which, { configuration: this.#configuration, progress: this.#progress, tensors });
    return true;
  }

  async #resume(): Promise<void> {
    const { store, resume = false } = this.#options;
    if (!store || !resume) return;
    const last = await store.load('last');
    if (!last) return;
    const differences = configurationDifferences(last.configuration, this.#configuration);
    if (differences.length > 0) throw new ConfigurationMismatchError(differences);
    const moments: Record<string, { first: Float32Array; second: Float32Array }> = {};
    for (const name of this.#optimiser.names) {
      this.#optimiser.weights(name).set(tensorOf(last, `weight.${name}`));
      moments[name] = { first: tensorOf(last, `first.${name}`), second: tensorOf(last, `second.${name}`) };
      this.#average?.averages.get(name)?.set(tensorOf(last, `average.${name}`));
    }
    this.#optimiser.restore({ step: last.progress.step, moments });
    this.#progress = last.progress;
    this.#gradients.microBatchCount = last.progress.microBatches;
    this.#watch = new DivergenceWatch(last.progress.losses);
    if (last.progress.best) await this.#restoreBest(store, last.progress.best);
  }

  /**
   * The best weights so far. The file can be newer than the last checkpoint, where the process was killed between the
   * two: the run will then come to that step again and write the same file.
   */
  async #restoreBest(store: TrainingStore, { step }: BestValidation): Promise<void> {
    const best = await store.load('best');
    if (!best || best.progress.step < step) {
      throw new RangeError(`the best checkpoint, of step ${step}, is missing: resume is not possible, start anew`);
    }
    this.#bestWeights = new Map(this.#optimiser.names.map((name) => [name, tensorOf(best, `weight.${name}`)]));
  }
}

function tensorOf({ tensors }: TrainingState, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`the checkpoint lacks the tensor '${name}'`);
  return tensor.data;
}
