import { needsMask } from '../encoder/pooling.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import { PromptContentError, PromptError } from '../prompt/prompt-error.ts';
import type { PromptLayout, SoftSpec } from '../prompt/spec.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { TensorValue } from '../runtime/session.ts';
import { AdamW, type ParameterGradient } from '../train/optimiser.ts';
import { randomOf } from '../train/sampler.ts';
import {
  ConfigurationMismatchError,
  configurationDifferences,
  type Json,
  type Progress,
  type TrainingState,
  type TrainingStore,
} from '../train/training-state.ts';
import type { PTuningEvent } from './p-tuning-event.ts';
import { type MeasuringEvent, told } from './pass.ts';
import { PromptGradient } from './prompt-gradient.ts';
import { checkedLength, type EncodePair } from './prompt-loss.ts';
import { type PromptProblem, promptLimit, validationBatches } from './prompt-problem.ts';
import {
  initialNetwork,
  NetworkRunner,
  type PromptNetwork,
  promptNetwork,
  type ReparameterizationName,
} from './reparameterization.ts';
import { type TriggerCounts, triggerCount } from './trigger-prompt.ts';
import { type TripletBatch, tripletBatches } from './triplet-batch.ts';

export interface PTuningOptions extends PromptProblem {
  readonly counts: TriggerCounts;
  /** Default 'lstm', as in the paper. */
  readonly reparameterization?: ReparameterizationName;
  /** Steps, one batch each. Default 100. */
  readonly steps?: number;
  /** Of AdamW without weight decay. Default 1e-3 (the authors' 2e-5 is for many more steps). */
  readonly learningRate?: number;
  /** Largest norm of the gradient. Default 1. */
  readonly clip?: number;
  /** Steps after which the prompt is validated and a checkpoint is written. Default 10. */
  readonly every?: number;
  /** Default '2023'. */
  readonly layout?: PromptLayout;
  readonly store?: TrainingStore;
  /** Go on from the store's last checkpoint, if it has one. Default false. */
  readonly resume?: boolean;
  /** What beside these options a resumed run must have in common with the checkpoint: model, data. */
  readonly configuration?: Json;
  readonly signal?: AbortSignal | undefined;
}

/**
 * P-tuning (Liu et al. 2021; paper, section 3.2): vectors around a pair of words, trained on the triplet loss through a
 * small network, the language model frozen. The result is the network's output, not its embedding table: the network
 * is not needed any more.
 *
 * Repeatable: the same options give the same bits on the same machine, whether the run was interrupted or not.
 *
 * @throws PromptError for no triggers, or more than the model has room for; RangeError, SamplingError,
 *   ConfigurationMismatchError; the signal's reason when aborted
 */
export async function* pTuning(options: PTuningOptions): AsyncGenerator<PTuningEvent> {
  const tuning = await Tuning.create(options);
  try {
    yield* tuning.events();
  } finally {
    await tuning.dispose();
  }
}

const bestName = 'best';

class Tuning {
  readonly #options: PTuningOptions;
  readonly #network: PromptNetwork;
  readonly #runner: NetworkRunner;
  readonly #gradient: PromptGradient;
  readonly #optimiser: AdamW;
  readonly #encode: EncodePair;
  readonly #text: string;
  readonly #validation: readonly TripletBatch[];
  readonly #configuration: Json;
  readonly #rounds = new Map<number, readonly TripletBatch[]>();
  #progress: Progress = {
    step: 0,
    checked: 0,
    seconds: 0,
    best: undefined,
    waited: 0,
    microBatches: 0,
    losses: [],
    finished: false,
  };
  #best: Float32Array | undefined;

  static async create(options: PTuningOptions): Promise<Tuning> {
    const { model, counts, runtime, reparameterization = 'lstm', signal } = options;
    const { config, weights, pooling } = model;
    signal?.throwIfAborted();
    const count = triggerCount(counts);
    const limit = promptLimit(model);
    if (count + 4 > limit) {
      throw new PromptError(
        `${count} vectors leave no room for the words: the model takes ${limit} tokens, special tokens included`,
      );
    }
    const network = promptNetwork(reparameterization, count, config.embedding);
    const gradient = await PromptGradient.create({ ...options, config, weights, pooling, count });
    const runner = await NetworkRunner.create(network, runtime);
    return new Tuning(options, network, runner, gradient);
  }

  private constructor(
    options: PTuningOptions,
    network: PromptNetwork,
    runner: NetworkRunner,
    gradient: PromptGradient,
  ) {
    const { model, seed, validation, counts, layout = '2023', relationsPerBatch } = options;
    this.#options = options;
    this.#network = network;
    this.#runner = runner;
    this.#gradient = gradient;
    this.#validation = validation.length > 0 ? validationBatches(validation) : this.#round(0);
    const initial = initialNetwork(network, { deviation: deviationOf(gradient.words), random: randomOf(seed, 31) });
    this.#optimiser = new AdamW([...initial].map(([name, data]) => ({ name, data })));
    const { config, tokenizer } = model;
    const prompt = createPrompt(softSpec(new Float32Array(triggerCount(counts)), counts, 1, layout), tokenizer, {
      softStart: config.vocabularySize,
      mask: needsMask(model.pooling),
    });
    this.#encode = checkedLength((pair) => prompt.encode(pair), promptLimit(model));
    this.#text = prompt.text;
    const { reparameterization = 'lstm', learningRate = 1e-3, clip = 1, every = 10 } = options;
    const { steps = 100, margin = 1, distance = 'euclidean' } = options;
    this.#configuration = JSON.parse(
      JSON.stringify({
        ...(options.configuration !== undefined && { run: options.configuration }),
        ...{ counts, reparameterization, learningRate, clip, every, steps, layout, seed, margin, distance },
        relationsPerBatch,
      }),
    ) as Json;
  }

  async *events(): AsyncGenerator<PTuningEvent> {
    const { steps = 100, signal } = this.#options;
    await this.#resume();
    yield {
      kind: 'start',
      step: this.#progress.step,
      checked: this.#progress.checked,
      steps,
      finished: this.#progress.finished,
      trainedParameters: this.#network.parameters.reduce(
        (sum, { shape }) => sum + shape.reduce((product, dimension) => product * dimension, 1),
        0,
      ),
      text: this.#text,
    };
    try {
      yield* this.#toTheEnd();
    } catch (error) {
      // Told to stop, at a step or in the midst of a validation: what the steps have brought is kept.
      if (signal?.aborted) await this.#save();
      throw error;
    }
    yield this.#done();
  }

  async *#toTheEnd(): AsyncGenerator<PTuningEvent> {
    const { steps = 100, every = 10, signal } = this.#options;
    if (!this.#progress.best) yield* this.#validate();
    while (!this.#progress.finished) {
      await eventLoopTurn(signal);
      const { step, checked } = this.#progress;
      const done = step >= steps;
      // Due also where the run was stopped between the step and its validation.
      if (step > checked && (done || step % every === 0)) {
        yield* this.#validate();
        this.#progress = { ...this.#progress, checked: step, finished: done };
        await this.#save();
      } else {
        yield await this.#step();
      }
    }
  }

  async dispose(): Promise<void> {
    await this.#runner.dispose();
    await this.#gradient.dispose();
  }

  get #weights(): ReadonlyMap<string, Float32Array> {
    return new Map(this.#optimiser.names.map((name) => [name, this.#optimiser.weights(name)]));
  }

  async #step(): Promise<PTuningEvent> {
    const { steps = 100, learningRate = 1e-3, clip = 1 } = this.#options;
    const start = performance.now();
    const { step } = this.#progress;
    const vectors = await this.#runner.vectors(this.#weights);
    const { loss, gradient } = await this.#gradient.ofBatch(this.#batch(step), this.#encode, vectors);
    const gradients = new Map<string, ParameterGradient>();
    for (const [name, values] of await this.#runner.gradients(this.#weights, gradient)) {
      gradients.set(name, { kind: 'dense', values });
    }
    const gradientNorm = this.#optimiser.norm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new PromptContentError(
        `step ${step + 1}: the loss is ${loss}, the norm of its gradient ${gradientNorm}: choose a lower learning rate`,
      );
    }
    this.#optimiser.step(gradients, learningRate, Math.min(1, clip / (gradientNorm + 1e-6)));
    const seconds = (performance.now() - start) / 1000;
    this.#progress = { ...this.#progress, step: step + 1, seconds: this.#progress.seconds + seconds };
    return { kind: 'step', step: step + 1, steps, loss, gradientNorm, seconds };
  }

  /** The batch of a step: each round over the data groups the pairs anew. */
  #batch(step: number): TripletBatch {
    const size = this.#round(0).length;
    const round = this.#round(Math.floor(step / size));
    return round[step % round.length] as TripletBatch;
  }

  #round(round: number): readonly TripletBatch[] {
    const known = this.#rounds.get(round);
    if (known) return known;
    const { relations, seed, relationsPerBatch } = this.#options;
    const made = tripletBatches({
      relations,
      seed,
      round,
      ...(relationsPerBatch !== undefined && { relationsPerBatch }),
    });
    // The first tells how many there are.
    for (const old of this.#rounds.keys()) if (old !== 0) this.#rounds.delete(old);
    this.#rounds.set(round, made);
    return made;
  }

  async *#validate(): AsyncGenerator<PTuningEvent> {
    const { length: batches } = this.#validation;
    const start = performance.now();
    const vectors = await this.#runner.vectors(this.#weights);
    const pass = this.#gradient.lossPass(this.#validation, this.#encode, vectors, this.#options.signal);
    const loss = yield* told(
      pass,
      (batch): MeasuringEvent => ({ kind: 'measuring', what: 'validation', batch, batches }),
    );
    const { step, best } = this.#progress;
    const better = best === undefined || loss < best.value;
    if (better) this.#best = vectors;
    const seconds = this.#progress.seconds + (performance.now() - start) / 1000;
    // Of all validations the first is kept: what the run started from.
    const losses = this.#progress.losses.length > 0 ? this.#progress.losses : [loss];
    this.#progress = { ...this.#progress, seconds, losses, best: better ? { step, value: loss } : best };
    yield { kind: 'validation', step, loss, best: better };
  }

  #done(): PTuningEvent {
    const { counts, layout = '2023', model } = this.#options;
    const { step, seconds, best, losses } = this.#progress;
    const [first] = losses;
    if (!best || !this.#best || first === undefined) throw new PromptContentError('the run has no validated prompt');
    return {
      kind: 'done',
      step,
      seconds,
      spec: softSpec(this.#best, counts, model.config.embedding, layout),
      best: { step: best.step, loss: best.value },
      first,
      text: this.#text,
    };
  }

  async #save(): Promise<void> {
    const { store, model } = this.#options;
    if (!store || !this.#best) return;
    const tensors = new Map<string, TensorValue & { readonly data: Float32Array }>();
    const add = (name: string, shape: readonly number[], data: Float32Array) =>
      tensors.set(name, { dtype: 'float32', shape, data });
    const { moments } = this.#optimiser.state();
    for (const { name, shape } of this.#network.parameters) {
      add(`weight.${name}`, shape, this.#optimiser.weights(name));
      add(`first.${name}`, shape, moments[name]?.first as Float32Array);
      add(`second.${name}`, shape, moments[name]?.second as Float32Array);
    }
    const width = model.config.embedding;
    add(bestName, [this.#best.length / width, width], this.#best);
    await store.save('last', { configuration: this.#configuration, progress: this.#progress, tensors });
  }

  async #resume(): Promise<void> {
    const { store, resume = false } = this.#options;
    const last = resume ? await store?.load('last') : undefined;
    if (!last) return;
    const differences = configurationDifferences(last.configuration, this.#configuration);
    if (differences.length > 0) throw new ConfigurationMismatchError(differences);
    // Before the first step there is nothing to go on from: the start is validated, and told, again.
    if (last.progress.step === 0) return;
    const moments: Record<string, { first: Float32Array; second: Float32Array }> = {};
    for (const name of this.#optimiser.names) {
      this.#optimiser.weights(name).set(tensorOf(last, `weight.${name}`));
      moments[name] = { first: tensorOf(last, `first.${name}`), second: tensorOf(last, `second.${name}`) };
    }
    this.#optimiser.restore({ step: last.progress.step, moments });
    this.#progress = last.progress;
    this.#best = tensorOf(last, bestName);
  }
}

function tensorOf({ tensors }: TrainingState, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new PromptContentError(`the checkpoint lacks the tensor '${name}': start anew in another folder`);
  return tensor.data;
}

function softSpec(vectors: Float32Array, counts: TriggerCounts, hidden: number, layout: PromptLayout): SoftSpec {
  return { kind: 'soft', top: counts.begin, mid: counts.middle, bottom: counts.end, vectors, hidden, layout };
}

/** Root of the mean square. */
function deviationOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
