import type { Pooling } from '../encoder/pooling.ts';
import { PromptTooLongError } from '../encoder/relation-encoder.ts';
import { LOSS_INPUTS, lossFeeds } from '../loss/loss-inputs.ts';
import { needsTeacher } from '../loss/losses.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { StoredWeights } from '../models/weights.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EncodedPrompt, Prompt } from '../prompt/prompt.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, TensorValue } from '../runtime/session.ts';
import type { TrainingBatch } from './batch.ts';
import { DivergenceWatch } from './divergence.ts';
import type { GradientInput } from './gradients.ts';
import { bestTensors, lastTensors, noProgress, readBest, restoreLast } from './run-checkpoint.ts';
import { runLength } from './run-length.ts';
import type { Sampler } from './sampler.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainEvent, ValidationEvent } from './train-event.ts';
import { type FloatTensor, Trainable } from './trainable.ts';
import { LAST_STEP, type TrainingConfig } from './training-config.ts';
import {
  ConfigurationMismatchError,
  configurationDifferences,
  type Json,
  type TrainingStore,
} from './training-state.ts';

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
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a relation encoder (paper, section 3): each step draws a batch, writes its distinct pairs into the prompt,
 * encodes them, and takes an AdamW step along the gradient of the losses.
 *
 * Repeatable: the same options give the same bits on the same machine, whether the run was interrupted or not. The
 * loop ends with a `done` event that has the weights: the best ones where there is validation, else the last (their
 * moving average where `average` is set). Where a signal stops it between two steps or in a validation, or a
 * validation fails, a checkpoint is written first.
 *
 * @throws DivergenceError where the loss is NaN or explodes, ConfigurationMismatchError where the store's checkpoint
 *   has other settings, PromptTooLongError for a pair longer than the model, WeightError or CheckpointError for weights
 *   that do not fit or are damaged, RuntimeError where the runtime fails, the signal's reason when aborted
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const run = await TrainingRun.create(options);
  try {
    yield* run.events();
  } finally {
    await run.dispose();
  }
}

class TrainingRun {
  readonly #options: TrainOptions;
  readonly #trainable: Trainable;
  readonly #steps: number;
  readonly #configuration: Json;
  readonly #prompts = new Map<string, EncodedPrompt>();
  #watch = new DivergenceWatch();
  #progress = noProgress;
  #bestWeights: ReadonlyMap<string, Float32Array> | undefined;

  static async create(options: TrainOptions): Promise<TrainingRun> {
    options.signal?.throwIfAborted();
    const trainable = await Trainable.create(options);
    options.signal?.throwIfAborted();
    return new TrainingRun(options, trainable);
  }

  private constructor(options: TrainOptions, trainable: Trainable) {
    const { training, sampler, configuration } = options;
    this.#options = options;
    this.#trainable = trainable;
    this.#steps = runLength(training, sampler);
    // Through text, so that what a checkpoint holds and what is compared with it are of one form.
    this.#configuration = JSON.parse(
      JSON.stringify({ ...(configuration !== undefined && { run: configuration }), training }),
    ) as Json;
  }

  async *events(): AsyncGenerator<TrainEvent> {
    const { signal, sampler } = this.#options;
    await this.#resume();
    yield this.#start();
    while (!this.#progress.finished) {
      await eventLoopTurn();
      if (signal?.aborted) {
        await this.#save('last');
        throw signal.reason;
      }
      if (this.#isCheckDue()) yield* this.#check();
      else yield await this.#step(sampler.batch(this.#progress.step), this.#progress.step);
    }
    yield this.#done();
  }

  async dispose(): Promise<void> {
    await this.#trainable.gradients.dispose();
  }

  #start(): TrainEvent {
    const { weights, optimiser } = this.#trainable;
    const size = (names: Iterable<string>) =>
      [...names].reduce((sum, name) => sum + (weights.get(name)?.data.length ?? 0), 0);
    return {
      kind: 'start',
      step: this.#progress.step,
      steps: this.#steps,
      finished: this.#progress.finished,
      trainedParameters: size(optimiser.names),
      parameters: size(weights.keys()),
    };
  }

  /** Whether the steps so far are to be validated and written down before the next. */
  #isCheckDue(): boolean {
    const { step, checked } = this.#progress;
    const every = this.#options.training.every ?? this.#steps;
    return step > checked && (step >= this.#steps || step % every === 0);
  }

  async *#check(): AsyncGenerator<TrainEvent> {
    const { step } = this.#progress;
    const { patience } = this.#options.training;
    const validation = await this.#validate().catch(async (error: unknown) => {
      // The steps before it are not lost with a validation that fails or is aborted: a resumed run begins with it.
      await this.#save('last');
      throw error;
    });
    if (validation) yield validation;
    if (validation?.best && (await this.#save('best'))) yield { kind: 'checkpoint', step, which: 'best' };
    const done = step >= this.#steps;
    const stop = patience !== null && this.#progress.waited >= patience;
    this.#progress = { ...this.#progress, checked: step, finished: done || stop };
    if (await this.#save('last')) yield { kind: 'checkpoint', step, which: 'last' };
    if (stop && !done) yield { kind: 'early-stop', step, patience };
  }

  async #step(batch: TrainingBatch, step: number): Promise<TrainEvent> {
    const { training } = this.#options;
    const trainable = this.#trainable;
    const start = performance.now();
    const input = await this.#input(batch, { seed: training.seed, step });
    const { loss, parts, gradients } = await trainable.gradients.gradients(input);
    const gradientNorm = trainable.optimiser.norm(gradients);
    this.#watch.check(step + 1, loss, gradientNorm);
    const learningRate = learningRateAt(step, { ...training, steps: this.#steps });
    const { clip } = training;
    // As torch.nn.utils.clip_grad_norm_ has it.
    trainable.optimiser.step(gradients, learningRate, clip === null ? 1 : Math.min(1, clip / (gradientNorm + 1e-6)));
    trainable.average?.update(step + 1);
    const seconds = (performance.now() - start) / 1000;
    this.#progress = {
      ...this.#progress,
      step: step + 1,
      seconds: this.#progress.seconds + seconds,
      microBatches: trainable.gradients.microBatchCount,
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
    const { validation, training, signal } = this.#options;
    if (!validation?.batches?.length && !validation?.figures) return undefined;
    const start = performance.now();
    const { gradients, evaluated } = this.#trainable;
    const figures: Record<string, number> = {};
    const losses: number[] = [];
    for (const batch of validation.batches ?? []) {
      await eventLoopTurn();
      signal?.throwIfAborted();
      const { loss } = await gradients.loss(await this.#input(batch, undefined), evaluated);
      losses.push(loss);
    }
    if (losses.length > 0) figures['loss'] = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    Object.assign(figures, await validation.figures?.((pairs) => this.#encode(pairs)));
    const metric = training.metric ?? ('mean' in figures ? 'mean' : (Object.keys(figures)[0] as string));
    const { step } = this.#progress;
    const value = metric === LAST_STEP ? step : figures[metric];
    if (value === undefined) {
      throw new RangeError(`there is no validation figure '${metric}'; there are: ${Object.keys(figures).join(', ')}`);
    }
    const { best } = this.#progress;
    const better = best === undefined || (metric === 'loss' ? value < best.value : value > best.value);
    if (better) this.#bestWeights = this.#trainable.copyTrained();
    const seconds = (performance.now() - start) / 1000;
    this.#progress = {
      ...this.#progress,
      seconds: this.#progress.seconds + seconds,
      best: better ? { step, value } : best,
      waited: better ? 0 : this.#progress.waited + 1,
    };
    return { kind: 'validation', step, figures, metric, value, best: better, seconds };
  }

  /** In parts, between which an abort is heard: the questions of a validation take longer than a step. */
  async #encode(pairs: readonly WordPair[]): ReturnType<PairEncoder> {
    const { gradients, graph, evaluated } = this.#trainable;
    const data = new Float32Array(pairs.length * graph.dimension);
    for (let first = 0; first < pairs.length; first += encodedAtOnce) {
      await eventLoopTurn();
      this.#options.signal?.throwIfAborted();
      const prompts = pairs.slice(first, first + encodedAtOnce).map((pair) => this.#promptOf(pair));
      data.set(await gradients.encode(prompts, evaluated), first * graph.dimension);
    }
    return { data, shape: [pairs.length, graph.dimension] };
  }

  #done(): TrainEvent {
    const { best, step, seconds } = this.#progress;
    const { graph, weights } = this.#trainable;
    const { training, validation } = this.#options;
    const chosen = this.#bestWeights ?? this.#trainable.copyTrained();
    return {
      kind: 'done',
      step,
      seconds,
      weightsFrom: best?.step ?? step,
      weights: new Map(
        graph.parameters.map(({ name }) => {
          const weight = weights.get(name) as FloatTensor;
          return [name, { ...weight, data: chosen.get(name) ?? weight.data }];
        }),
      ),
      best: best && { ...best, metric: training.metric ?? (validation?.figures ? 'mean' : 'loss') },
    };
  }

  /** Writes a checkpoint where there is a store. */
  async #save(which: 'last' | 'best'): Promise<boolean> {
    const { store } = this.#options;
    if (!store) return false;
    const tensors =
      which === 'last' ? lastTensors(this.#trainable) : bestTensors(this.#trainable, this.#bestWeights ?? new Map());
    await store.save(which, { configuration: this.#configuration, progress: this.#progress, tensors });
    return true;
  }

  async #resume(): Promise<void> {
    const { store, resume = false } = this.#options;
    const last = store && resume ? await store.load('last') : undefined;
    if (!store || !last) return;
    const differences = configurationDifferences(last.configuration, this.#configuration);
    if (differences.length > 0) throw new ConfigurationMismatchError(differences);
    restoreLast(this.#trainable, last);
    this.#progress = last.progress;
    this.#watch = new DivergenceWatch(last.progress.losses);
    if (last.progress.best) this.#bestWeights = await readBest(this.#trainable, store, last.progress.best);
  }
}

/** Pairs of a validation between two looks at the signal. */
const encodedAtOnce = 512;
