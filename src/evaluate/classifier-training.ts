import { Random } from '../data/random.ts';
import { serialize } from '../graph/onnx.ts';
import type { Runtime, Session, SessionOptions, TensorValue } from '../runtime/session.ts';
import type { Classifier, ClassifierOptions, ClassifierSettings, FeatureMatrix } from './classifier.ts';
import {
  adamScale,
  type NetworkShape,
  PARAMETERS,
  type Parameter,
  parameterShape,
  trainingGraph,
} from './classifier-graph.ts';

/** Most steps in one graph: more save little, and the graph takes longer to load. */
const STEPS_A_RUN = 32;

/** One classifier on its way. */
export class ClassifierTraining {
  readonly #features: TensorValue;
  readonly #targets: TensorValue;
  readonly #classes: readonly string[];
  readonly #settings: ClassifierSettings;
  readonly #options: ClassifierOptions;
  readonly #sessions: TrainingSessions;
  readonly #shape: NetworkShape;
  readonly #items: number;
  readonly #random: Random;
  #state: Record<string, TensorValue> = {};
  #steps = 0;

  constructor(
    features: FeatureMatrix,
    targets: TensorValue,
    classes: readonly string[],
    settings: ClassifierSettings,
    options: ClassifierOptions,
    sessions: TrainingSessions,
  ) {
    this.#features = float32(features.data, features.shape);
    this.#targets = targets;
    this.#classes = classes;
    this.#settings = settings;
    this.#options = options;
    this.#sessions = sessions;
    this.#items = features.shape[0];
    this.#shape = { dimension: features.shape[1], hidden: settings.hidden, outputs: targets.shape[1] as number };
    this.#random = new Random(options.seed ?? 0);
  }

  async run(): Promise<Classifier> {
    const { maxEpochs = 200, tolerance = 1e-4, patience = 10, signal, onProgress } = this.#options;
    this.#state = glorotStart(this.#shape, this.#random);
    const order = Int32Array.from({ length: this.#items }, (_, i) => i);
    const losses: number[] = [];
    let best = Number.POSITIVE_INFINITY;
    let idle = 0;
    while (losses.length < maxEpochs && idle <= patience) {
      this.#random.shuffle(order);
      const loss = await this.#epoch(order, signal);
      if (!Number.isFinite(loss))
        throw new Error(`training diverged in epoch ${losses.length + 1}: the loss is ${loss}`);
      losses.push(loss);
      idle = loss > best - tolerance ? idle + 1 : 0;
      best = Math.min(best, loss);
      onProgress?.({ kind: 'epoch', settings: this.#settings, epoch: losses.length, maxEpochs, loss });
    }
    return {
      settings: this.#settings,
      shape: this.#shape,
      classes: this.#classes,
      weights: { hidden: this.#weights('hidden'), rest: this.#weights('rest') },
      losses,
      converged: idle > patience,
    };
  }

  /** One pass over the items in the given order; the mean loss of its batches. */
  async #epoch(order: Int32Array, signal: AbortSignal | undefined): Promise<number> {
    const { alpha = 1e-4, batchSize = 200 } = this.#options;
    let sum = 0;
    let start = 0;
    for (const batches of runsOfEpoch(this.#items, Math.min(batchSize, this.#items))) {
      signal?.throwIfAborted();
      const session = await this.#sessions.get(this.#shape, batches, alpha);
      const count = batches.reduce((total, size) => total + size, 0);
      const rates = Float32Array.from(batches, (_, i) => this.#settings.learningRate * adamScale(this.#steps + i + 1));
      const { losses, squares, ...next } = await session.run({
        ...this.#state,
        features: this.#features,
        targets: this.#targets,
        items: { dtype: 'int32', shape: [count], data: order.slice(start, start + count) },
        rates: float32(rates, [rates.length]),
      });
      for (const [name, value] of Object.entries(next)) this.#state[name.slice('next.'.length)] = value;
      for (const [i, size] of batches.entries()) sum += (losses?.data[i] as number) * size;
      // The penalty alpha / (2 B) · Σ w² of each batch, weighted by its size B; Σ w² hardly changes within one run.
      sum += (alpha / 2) * batches.length * (squares?.data[0] as number);
      start += count;
      this.#steps += batches.length;
      // Gives the event loop a turn: the session blocks it while it runs.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return sum / this.#items;
  }

  #weights(name: Parameter): Float32Array {
    return this.#state[name]?.data as Float32Array;
  }
}

/** The batch sizes of an epoch, cut into runs of nearly equal length: two or three different graphs at most. */
export function runsOfEpoch(items: number, batchSize: number): number[][] {
  const steps = Math.ceil(items / batchSize);
  const runs = Math.ceil(steps / STEPS_A_RUN);
  return Array.from({ length: runs }, (_, run) => {
    const first = Math.floor((run * steps) / runs);
    const end = Math.floor(((run + 1) * steps) / runs);
    return Array.from({ length: end - first }, (_, i) => Math.min(batchSize, items - (first + i) * batchSize));
  });
}

/** Weights and biases of a layer uniform in ±√(6 / (inputs + outputs)) (Glorot and Bengio 2010, equation 16). */
function glorotStart(shape: NetworkShape, random: Random): Record<string, TensorValue> {
  const { dimension, hidden, outputs } = shape;
  const uniform = (length: number, bound: number) => Array.from({ length }, () => random.uniform(-bound, bound));
  const hiddenBound = Math.sqrt(6 / (dimension + hidden));
  const outputBound = Math.sqrt(6 / (hidden + outputs));
  const weights = Float32Array.from({ length: dimension * hidden }, () => random.uniform(-hiddenBound, hiddenBound));
  const start: Readonly<Record<Parameter, Float32Array>> = {
    hidden: weights,
    rest: Float32Array.from([...uniform(hidden, hiddenBound), ...uniform(hidden * outputs + outputs, outputBound)]),
  };
  return Object.fromEntries(
    PARAMETERS.flatMap((name) => {
      const dims = parameterShape(name, shape);
      const zeros = () => float32(new Float32Array(start[name].length), dims);
      return [
        [name, float32(start[name], dims)],
        [`first.${name}`, zeros()],
        [`second.${name}`, zeros()],
      ];
    }),
  );
}

/** Training sessions by network shape and batches. */
export class TrainingSessions {
  readonly #runtime: Runtime;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(runtime: Runtime, options: SessionOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  async get(shape: NetworkShape, batches: readonly number[], alpha: number): Promise<Session> {
    const key = JSON.stringify([shape.hidden, batches]);
    const known = this.#sessions.get(key);
    if (known) return known;
    const model = serialize({ outputs: trainingGraph({ ...shape, batches, alpha }) });
    const session = await this.#runtime.createSession(model, this.#options);
    this.#sessions.set(key, session);
    return session;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.dispose()));
  }
}

export function float32(data: Float32Array, shape: readonly number[]): TensorValue {
  return { dtype: 'float32', shape, data };
}
