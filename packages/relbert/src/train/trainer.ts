import { CheckpointError } from '../formats/checkpoint-error.ts';
import { firstNotFinite } from '../formats/tensor-store.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import {
  bestTensors,
  lastTensors,
  noProgress,
  readCheckpoint,
  restoreBest,
  restoreLast,
  type TrainedState,
  weightsOfBest,
} from './checkpoint.ts';
import { checkSameConfiguration, type Json } from './configuration.ts';
import { DivergenceError, DivergenceWatch } from './divergence.ts';
import { AdamW, clipScale } from './optimiser.ts';
import type { MeasuringEvent } from './pass.ts';
import { learningRateAt } from './schedule.ts';
import type { Figures, FloatTensor, FloatTensors, Task, TrainedParameter } from './task.ts';
import type { StartEvent, StepEvent, TrainEvent, ValidationEvent } from './train-event.ts';
import { LAST_STEP, type TrainingConfig } from './training-config.ts';
import type { CheckpointName, Progress, TrainingState, TrainingStore } from './training-state.ts';
import { WeightAverage, withInitial, withoutInitial } from './weight-average.ts';

/** How a task is optimised and validated. */
export type TrainerSettings = Pick<
  TrainingConfig,
  | 'learningRate'
  | 'warmup'
  | 'decay'
  | 'beta1'
  | 'beta2'
  | 'epsilon'
  | 'clip'
  | 'average'
  | 'initialShare'
  | 'every'
  | 'metric'
  | 'patience'
>;

/** The checkpoints of a run, and how to resume it. */
export interface RunOptions {
  /** Where checkpoints go; without a store nothing is written. */
  readonly store?: TrainingStore | undefined;
  /**
   * Go on from the store's checkpoints, if it has any. 'last': without the best weights so far, where their checkpoint
   * is damaged. 'best': from the best weights, with new moments, where the last checkpoint is damaged. Default false.
   */
  readonly resume?: boolean | CheckpointName | undefined;
  /** What a resumed run must share with the checkpoint in addition to the settings: model, prompt, data. */
  readonly configuration?: Json | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainerOptions extends Omit<RunOptions, 'configuration'> {
  readonly settings: TrainerSettings;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Everything that a resumed run must share with the checkpoint. */
  readonly configuration: Json;
}

/** A task with the tensors that it trains. */
export interface PreparedTask {
  readonly task: Task;
  readonly parameters: readonly TrainedParameter[];
}

/**
 * Trains a task with AdamW: each step takes its gradients, clips them and changes the weights.
 *
 * Repeatable: the same options give the same bits on the same machine, whether the run was interrupted or not. The last
 * event is `done` with the weights: the best ones where there is validation, else the last ones (their moving average
 * where `average` is set). Where a signal aborts between two steps or in a validation, or a validation fails, the
 * trainer first writes a checkpoint.
 *
 * @throws DivergenceError where loss, gradient or weights are not finite or the loss explodes; ConfigurationMismatchError
 *   where the store's checkpoint has other settings; CheckpointError where it is damaged; what the task throws; the
 *   signal's reason when aborted
 */
export async function* trainTask(
  prepare: () => Promise<PreparedTask>,
  options: TrainerOptions,
): AsyncGenerator<TrainEvent> {
  options.signal?.throwIfAborted();
  const run = await TaskRun.create(prepare, options);
  try {
    yield* run.events();
  } finally {
    await run.dispose();
  }
}

class TaskRun {
  readonly #task: Task;
  readonly #options: TrainerOptions;
  readonly #trained: TrainedState;
  /** The last weights, or their average. */
  readonly #latest: FloatTensors;
  /** The weights at the start; undefined: no share of them is kept. */
  readonly #initial: FloatTensors | undefined;
  #watch: DivergenceWatch;
  #progress: Progress;
  #best: FloatTensors | undefined;

  /** The first values of the parameters live in the optimiser from here on: nobody else holds them. */
  static async create(prepare: () => Promise<PreparedTask>, options: TrainerOptions): Promise<TaskRun> {
    const { task, parameters } = await prepare();
    return new TaskRun(task, parameters, options);
  }

  private constructor(task: Task, parameters: readonly TrainedParameter[], options: TrainerOptions) {
    const { settings } = options;
    const optimiser = new AdamW(parameters, settings);
    const weights: FloatTensors = new Map(
      parameters.map(({ name, shape }) => [name, { dtype: 'float32', shape, data: optimiser.weights(name) }]),
    );
    const average =
      settings.average === null
        ? undefined
        : new WeightAverage(new Map([...weights].map(([name, { data }]) => [name, data])), settings.average);
    this.#task = task;
    this.#options = options;
    this.#trained = { optimiser, weights, average };
    this.#initial = settings.initialShare === 0 ? undefined : copied(weights);
    this.#latest = new Map(
      [...weights].map(([name, weight]) => [name, { ...weight, data: average?.averages.get(name) ?? weight.data }]),
    );
    this.#watch = new DivergenceWatch(task.advice);
    this.#progress = noProgress(task.validatesStart);
  }

  async *events(): AsyncGenerator<TrainEvent> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    yield await this.#start();
    while (!this.#progress.finished) {
      await eventLoopTurn();
      if (signal?.aborted) {
        await this.#save('last');
        throw signal.reason;
      }
      if (this.#isCheckDue()) yield* this.#check();
      else yield await this.#step();
    }
    yield await this.#done();
  }

  async dispose(): Promise<void> {
    await this.#task.dispose();
  }

  async #start(): Promise<StartEvent> {
    const { resume = false, steps } = this.#options;
    const resumed = resume === 'best' ? await this.#resumeBest() : resume && (await this.#resumeLast(resume));
    const { step, checked, finished } = this.#progress;
    const trainedParameters = [...this.#trained.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    return {
      kind: 'start',
      step,
      checked,
      steps,
      finished,
      from: resumed ? (resume === 'best' ? 'best' : 'last') : 'beginning',
      trainedParameters,
      parameters: this.#task.parameterCount,
    };
  }

  /** Whether to validate and write a checkpoint before the next step. */
  #isCheckDue(): boolean {
    const { step, checked } = this.#progress;
    const { settings, steps } = this.#options;
    return step > checked && (step >= steps || step % (settings.every ?? steps) === 0);
  }

  async *#check(): AsyncGenerator<TrainEvent> {
    const { step } = this.#progress;
    const { settings, steps } = this.#options;
    let validation: ValidationEvent | undefined;
    try {
      validation = yield* this.#validate();
    } catch (error) {
      // A validation that fails or is aborted does not cost the steps before it: a resumed run begins with it.
      await this.#save('last');
      throw error;
    }
    if (validation) yield validation;
    if (validation?.best && (await this.#save('best'))) yield { kind: 'checkpoint', step, which: 'best' };
    const { patience } = settings;
    const done = step >= steps;
    const stop = patience !== null && this.#progress.waited >= patience;
    this.#progress = { ...this.#progress, checked: step, finished: done || stop };
    if (await this.#save('last')) yield { kind: 'checkpoint', step, which: 'last' };
    if (stop && !done) yield { kind: 'early-stop', step, patience };
  }

  async #step(): Promise<StepEvent> {
    const { settings, steps } = this.#options;
    const { optimiser, weights, average } = this.#trained;
    const { step } = this.#progress;
    const start = performance.now();
    this.#task.microBatches = this.#progress.microBatches;
    const { loss, parts, gradients, prompts } = await this.#task.step(step, weights);
    const gradientNorm = optimiser.norm(gradients);
    this.#watch.check(step + 1, loss, gradientNorm);
    const learningRate = learningRateAt(step, { ...settings, steps });
    optimiser.step(gradients, learningRate, clipScale(gradientNorm, settings.clip));
    average?.update(step + 1);
    const seconds = (performance.now() - start) / 1000;
    this.#progress = {
      ...this.#progress,
      step: step + 1,
      momentSteps: optimiser.steps,
      seconds: this.#progress.seconds + seconds,
      microBatches: this.#task.microBatches,
      losses: [...this.#watch.losses],
    };
    return { kind: 'step', step: step + 1, steps, loss, parts, learningRate, gradientNorm, prompts, seconds };
  }

  async *#validate(): AsyncGenerator<MeasuringEvent, ValidationEvent | undefined> {
    const start = performance.now();
    const weights = this.#evaluated();
    const figures = yield* this.#task.validate(weights);
    if (!figures) return undefined;
    const { step, best, first } = this.#progress;
    const { metric, value } = this.#decisive(figures);
    const better = best === undefined || (metric === 'loss' ? value < best.value : value > best.value);
    if (better) this.#best = copied(weights);
    const seconds = (performance.now() - start) / 1000;
    this.#progress = {
      ...this.#progress,
      seconds: this.#progress.seconds + seconds,
      best: better ? { step, metric, value } : best,
      first: first ?? value,
      waited: better ? 0 : this.#progress.waited + 1,
    };
    return { kind: 'validation', step, figures, metric, value, best: better, seconds };
  }

  /** The weights that are validated and kept. */
  #evaluated(): FloatTensors {
    const { initialShare } = this.#options.settings;
    return this.#initial ? withInitial(this.#latest, this.#initial, initialShare) : this.#latest;
  }

  /** The figure that decides which weights are best. */
  #decisive(figures: Figures): { readonly metric: string; readonly value: number } {
    const { step } = this.#progress;
    const metric = this.#options.settings.metric ?? ('mean' in figures ? 'mean' : (Object.keys(figures)[0] as string));
    const value = metric === LAST_STEP ? step : figures[metric];
    if (value === undefined) {
      throw new RangeError(`there is no validation figure '${metric}'; there are: ${Object.keys(figures).join(', ')}`);
    }
    if (!Number.isFinite(value)) {
      throw new DivergenceError(step, `the validation figure '${metric}' is ${value}`, this.#task.advice);
    }
    return { metric, value };
  }

  async #done(): Promise<TrainEvent> {
    const { best, first, step, seconds } = this.#progress;
    const weights = this.#best ?? copied(this.#evaluated());
    for (const [name, { data }] of weights) {
      const wrong = firstNotFinite(data);
      if (wrong < 0) continue;
      throw new DivergenceError(step, `number ${wrong} of the weight '${name}' is ${data[wrong]}`, this.#task.advice);
    }
    return {
      kind: 'done',
      step,
      seconds,
      weightsFrom: this.#best && best ? best.step : step,
      weights: await this.#task.result(weights),
      best,
      first,
    };
  }

  /** Writes a checkpoint where there is a store. */
  async #save(which: CheckpointName): Promise<boolean> {
    const { store, configuration } = this.#options;
    if (!store) return false;
    const tensors = which === 'last' ? lastTensors(this.#trained) : bestTensors(this.#best ?? new Map());
    await store.save(which, { configuration, progress: this.#progress, tensors });
    return true;
  }

  /** Goes on from the last checkpoint; false where there is none. */
  async #resumeLast(resume: true | CheckpointName): Promise<boolean> {
    const last = await this.#read('last');
    if (!last) return false;
    restoreLast(this.#trained, last);
    const { best } = last.progress;
    if (resume === 'last' || !best) {
      this.#goOn({ ...last.progress, best: undefined });
      return true;
    }
    const stored = await this.#read('best');
    // It is newer than the last checkpoint if the process was killed between the two: the run then repeats that step and
    // writes the same file.
    if (!stored || stored.progress.step < best.step) {
      throw new CheckpointError(
        this.#options.store?.nameOf?.('best') ?? 'the best checkpoint',
        `${stored ? `is of step ${stored.progress.step}` : 'is missing'}, and the best weights are of step ${best.step}: --resume last goes on without them`,
      );
    }
    this.#best = weightsOfBest(this.#trained, stored);
    this.#goOn(last.progress);
    return true;
  }

  /** Goes on from the best weights with new moments; false where there are none. */
  async #resumeBest(): Promise<boolean> {
    const best = await this.#read('best');
    if (!best) return false;
    this.#best = weightsOfBest(this.#trained, best);
    const { initialShare } = this.#options.settings;
    // The best weights are stored with the share of the first ones, which each validation adds anew.
    restoreBest(this.#trained, this.#initial ? withoutInitial(this.#best, this.#initial, initialShare) : this.#best);
    const { step } = best.progress;
    this.#goOn({
      ...best.progress,
      momentSteps: 0,
      checked: step,
      waited: 0,
      finished: step >= this.#options.steps,
    });
    return true;
  }

  #goOn(progress: Progress): void {
    this.#progress = progress;
    this.#watch = new DivergenceWatch(this.#task.advice, progress.losses);
  }

  async #read(which: CheckpointName): Promise<TrainingState | undefined> {
    const { store, steps, configuration } = this.#options;
    const state =
      store &&
      (await readCheckpoint(which, {
        store,
        steps,
        trained: this.#trained,
        check: (stored) => checkSameConfiguration(stored, configuration),
      }));
    return state;
  }
}

function copied(weights: FloatTensors): FloatTensors {
  return new Map(
    [...weights].map(([name, weight]): [string, FloatTensor] => [name, { ...weight, data: weight.data.slice() }]),
  );
}
