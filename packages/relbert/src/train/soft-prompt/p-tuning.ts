import { needsMask } from '../../encoder/pooling.ts';
import { createPrompt } from '../../prompt/create-prompt.ts';
import type { Prompt } from '../../prompt/prompt.ts';
import type { PromptLayout, SoftSpec } from '../../prompt/spec.ts';
import { fittingTriggerCount, type TriggerCounts, triggerCount } from '../../prompt/trigger-counts.ts';
import { plainJson } from '../configuration.ts';
import type { MeasuringEvent } from '../pass.ts';
import { withProgress } from '../pass.ts';
import { PromptGradient } from '../prompt-gradient.ts';
import { checkedLength, type EncodePair } from '../prompt-length.ts';
import { type PromptProblem, promptLimit, validationBatches } from '../prompt-problem.ts';
import { randomOf } from '../sampler.ts';
import type { Figures, FloatTensor, FloatTensors, Task, TaskStep } from '../task.ts';
import type { DoneEvent, StartEvent, TrainEvent } from '../train-event.ts';
import { type PreparedTask, type RunOptions, trainTask } from '../trainer.ts';
import { type TripletBatch, tripletBatches } from '../triplet-batch.ts';
import {
  initialNetwork,
  NetworkRunner,
  type PromptNetwork,
  promptNetwork,
  type ReparameterizationName,
} from './reparameterization.ts';

export interface PTuningOptions extends PromptProblem, RunOptions {
  readonly counts: TriggerCounts;
  /** Default 'lstm', as in the paper. */
  readonly reparameterization?: ReparameterizationName | undefined;
  /** Steps of a batch each. Default 100. */
  readonly steps?: number | undefined;
  /** Of AdamW without weight decay. Default 1e-3 (the authors' 2e-5 is for many more steps). */
  readonly learningRate?: number | undefined;
  /** Largest norm of the gradient. Default 1. */
  readonly clip?: number | undefined;
  /** Steps between two validations and checkpoints. Default 10. */
  readonly every?: number | undefined;
  /** Default '2023'. */
  readonly layout?: PromptLayout | undefined;
}

/** The events of fine-tuning with the prompt as text; the last event has its vectors. */
export type PTuningEvent =
  | Exclude<TrainEvent, StartEvent | DoneEvent>
  | (StartEvent & { readonly text: string })
  | (Omit<DoneEvent, 'weights'> & {
      readonly text: string;
      /** The prompt with the lowest loss over held-out pairs (training pairs where none are held out): the output of the network, which can be discarded. */
      readonly spec: SoftSpec;
    });

/**
 * P-tuning (Liu et al. 2021; paper, section 3.2): vectors around a pair of words, trained on the triplet loss through a
 * small network, the language model frozen. The first validation comes before the first step.
 *
 * @throws what `trainTask` throws; PromptError for no triggers, or more than the model has room for; RangeError,
 *   SamplingError
 */
export async function* pTuning(options: PTuningOptions): AsyncGenerator<PTuningEvent> {
  const { model, counts, seed, relationsPerBatch, steps = 100, layout = '2023' } = options;
  const { reparameterization = 'lstm', learningRate = 1e-3, clip = 1, every = 10, margin = 1 } = options;
  const { distance = 'euclidean', configuration, store, resume, signal } = options;
  const decisive = { counts, reparameterization, learningRate, clip, every, steps, layout, seed, margin, distance };
  const events = trainTask(() => prepareSoftPrompt(options), {
    settings: {
      ...{ learningRate, clip, every, warmup: 0, decay: 'constant', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...{ average: null, initialShare: 0, metric: 'loss', patience: null },
    },
    steps,
    configuration: plainJson({ run: configuration, ...decisive, relationsPerBatch }),
    ...{ signal, store, resume },
  });
  for await (const event of events) {
    if (event.kind === 'start') yield { ...event, text: promptWithoutVectors(options).text };
    else if (event.kind === 'done') {
      const { weights, ...done } = event;
      const { data } = weights.get('vectors') as FloatTensor;
      const spec = softSpec(data, counts, model.config.embedding, layout);
      yield { ...done, spec, text: promptWithoutVectors(options).text };
    } else yield event;
  }
}

/** Writes pairs into the prompt: token ids alone, in which ids after the vocabulary stand for the vectors. */
function promptWithoutVectors({ model, counts, layout = '2023' }: PTuningOptions): Prompt {
  return createPrompt(softSpec(new Float32Array(triggerCount(counts)), counts, 1, layout), model.tokenizer, {
    softStart: model.config.vocabularySize,
    mask: needsMask(model.pooling),
  });
}

async function prepareSoftPrompt(options: PTuningOptions): Promise<PreparedTask> {
  const { model, counts, runtime, seed, reparameterization = 'lstm' } = options;
  const { config, weights, pooling } = model;
  const count = fittingTriggerCount(counts, 'vectors', promptLimit(model));
  const network = promptNetwork(reparameterization, count, config.embedding);
  const gradient = await PromptGradient.create({ ...options, config, weights, pooling, count });
  const runner = await NetworkRunner.create(network, runtime);
  try {
    const initial = initialNetwork(network, { deviation: deviationOf(gradient.words), random: randomOf(seed, 31) });
    return {
      task: new SoftPrompt(options, network, runner, gradient),
      parameters: network.parameters.map(({ name, shape }) => ({
        ...{ name, shape, data: initial.get(name) as Float32Array },
      })),
    };
  } catch (error) {
    await runner.dispose();
    await gradient.dispose();
    throw error;
  }
}

class SoftPrompt implements Task {
  readonly parameterCount: number;
  readonly advice = 'a lower learning rate (--lr)';
  readonly validatesStart = true;
  microBatches = 0;
  readonly #options: PTuningOptions;
  readonly #runner: NetworkRunner;
  readonly #gradient: PromptGradient;
  readonly #encode: EncodePair;
  readonly #validation: readonly TripletBatch[];
  readonly #rounds = new Map<number, readonly TripletBatch[]>();

  constructor(options: PTuningOptions, network: PromptNetwork, runner: NetworkRunner, gradient: PromptGradient) {
    const { model, validation } = options;
    this.#options = options;
    this.#runner = runner;
    this.#gradient = gradient;
    this.#validation = validation.length > 0 ? validationBatches(validation) : this.#round(0);
    this.parameterCount = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const prompt = promptWithoutVectors(options);
    this.#encode = checkedLength((pair) => prompt.encode(pair), promptLimit(model));
  }

  async step(step: number, weights: FloatTensors): Promise<TaskStep> {
    const vectors = await this.#runner.vectors(weights);
    const batch = this.#batch(step);
    const { loss, gradient } = await this.#gradient.ofBatch(batch, this.#encode, vectors);
    const gradients = await this.#runner.gradients(weights, gradient);
    return {
      loss,
      parts: { triplet: loss },
      gradients: new Map([...gradients].map(([name, values]) => [name, { kind: 'dense', values }])),
      prompts: batch.pairs.length,
    };
  }

  /** Mean triplet loss over held-out pairs; over the training pairs where there are none. */
  async *validate(weights: FloatTensors): AsyncGenerator<MeasuringEvent, Figures> {
    const { length: batches } = this.#validation;
    const what = this.#options.validation.length > 0 ? 'validation' : 'loss';
    const vectors = await this.#runner.vectors(weights);
    const pass = this.#gradient.lossPass(this.#validation, this.#encode, vectors, this.#options.signal);
    const loss = yield* withProgress(pass, (batch): MeasuringEvent => ({ kind: 'measuring', what, batch, batches }));
    return { loss };
  }

  async result(weights: FloatTensors): Promise<FloatTensors> {
    const data = await this.#runner.vectors(weights);
    const width = this.#options.model.config.embedding;
    return new Map([['vectors', { dtype: 'float32', shape: [data.length / width, width], data }]]);
  }

  async dispose(): Promise<void> {
    await this.#runner.dispose();
    await this.#gradient.dispose();
  }

  /** The batch of a step: each round over the data groups the pairs differently. */
  #batch(step: number): TripletBatch {
    const size = this.#round(0).length;
    const round = this.#round(Math.floor(step / size));
    return round[step % round.length] as TripletBatch;
  }

  #round(round: number): readonly TripletBatch[] {
    const cached = this.#rounds.get(round);
    if (cached) return cached;
    const { relations, seed, relationsPerBatch } = this.#options;
    const batches = tripletBatches({
      relations,
      seed,
      round,
      ...(relationsPerBatch !== undefined && { relationsPerBatch }),
    });
    // The first says how many batches a round has.
    for (const old of this.#rounds.keys()) if (old !== 0) this.#rounds.delete(old);
    this.#rounds.set(round, batches);
    return batches;
  }
}

function softSpec(vectors: Float32Array, counts: TriggerCounts, hidden: number, layout: PromptLayout): SoftSpec {
  return { kind: 'soft', top: counts.begin, mid: counts.middle, bottom: counts.end, vectors, hidden, layout };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Root of the mean square. */
function deviationOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
