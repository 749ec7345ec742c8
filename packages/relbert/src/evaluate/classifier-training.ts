import { Random } from '../data/random.ts';
import { serialize } from '../graph/onnx.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { Runtime, Session, SessionOptions, TensorValue } from '../runtime/session.ts';
import { DivergenceError } from '../train/divergence.ts';
import {
  adamScale,
  type NetworkShape,
  PARAMETERS,
  type Parameter,
  parameterShape,
  trainingGraph,
} from './classifier-graph.ts';
import type { Classifier, ClassifierOptions, ClassifierSettings, FeatureMatrix } from './classifier-model.ts';

/** Most steps in one graph: more save little, and the graph takes longer to load. */
const STEPS_A_RUN = 32;

/** Some steps of an epoch: batches in training order. */
export interface TrainingRun {
  /** Items of each batch. */
  readonly sizes: readonly number[];
  /** The inputs `features.i` and `targets.i` of the graph. */
  readonly inputs: Readonly<Record<string, TensorValue>>;
}

/** Passes over the items in shuffled order, the same order for all classifiers. */
export class Epochs {
  readonly #features: FeatureMatrix;
  readonly #targets: TensorValue;
  readonly #runs: readonly (readonly number[])[];
  readonly #random: Random;
  readonly #order: Int32Array;
  /** Features and targets of one run, in its order. */
  readonly #chosen: { readonly features: Float32Array; readonly targets: Float32Array };

  constructor(features: FeatureMatrix, targets: TensorValue, batchSize: number, seed: number) {
    this.#features = features;
    this.#targets = targets;
    this.#runs = runsOfEpoch(features.shape[0], batchSize);
    // Not the numbers that the weights start from.
    this.#random = new Random(new Random(seed).uint32());
    this.#order = Int32Array.from({ length: features.shape[0] }, (_, i) => i);
    const longest = Math.max(...this.#runs.map((sizes) => sizes.reduce((sum, size) => sum + size, 0)));
    this.#chosen = {
      features: new Float32Array(longest * features.shape[1]),
      targets: new Float32Array(longest * (targets.shape[1] as number)),
    };
  }

  /** The runs of the next epoch. Each is valid until the next. */
  *next(): Generator<TrainingRun> {
    this.#random.shuffle(this.#order);
    const [, dimension] = this.#features.shape;
    const outputs = this.#targets.shape[1] as number;
    const { features, targets } = this.#chosen;
    let start = 0;
    for (const sizes of this.#runs) {
      const count = sizes.reduce((sum, size) => sum + size, 0);
      const items = this.#order.subarray(start, start + count);
      gatherRows(this.#features.data, dimension, items, features);
      gatherRows(this.#targets.data as Float32Array, outputs, items, targets);
      start += count;
      const inputs: Record<string, TensorValue> = {};
      let row = 0;
      for (const [i, size] of sizes.entries()) {
        const rows = (data: Float32Array, width: number) =>
          float32(data.subarray(row * width, (row + size) * width), [size, width]);
        inputs[`features.${i}`] = rows(features, dimension);
        inputs[`targets.${i}`] = rows(targets, outputs);
        row += size;
      }
      yield { sizes, inputs };
    }
  }
}

function gatherRows(from: Float32Array, width: number, items: Int32Array, to: Float32Array): void {
  for (let row = 0; row < items.length; row++) {
    const start = (items[row] as number) * width;
    to.set(from.subarray(start, start + width), row * width);
  }
}

/** A classifier being trained. */
export class ClassifierTraining {
  readonly settings: ClassifierSettings;
  readonly #classes: readonly string[];
  readonly #options: ClassifierOptions;
  readonly #shape: NetworkShape;
  readonly #items: number;
  #state: Record<string, TensorValue>;
  #steps = 0;
  readonly #losses: number[] = [];
  /** Sum over the items of the epoch so far. */
  #loss = 0;
  #best = Number.POSITIVE_INFINITY;
  /** Epochs since the loss fell. */
  #idle = 0;

  constructor(
    settings: ClassifierSettings,
    features: FeatureMatrix,
    targets: TensorValue,
    classes: readonly string[],
    options: ClassifierOptions,
  ) {
    this.settings = settings;
    this.#classes = classes;
    this.#options = options;
    this.#items = features.shape[0];
    this.#shape = { dimension: features.shape[1], hidden: settings.hidden, outputs: targets.shape[1] as number };
    this.#state = glorotStart(this.#shape, new Random(options.seed ?? 0));
  }

  get epochs(): number {
    return this.#losses.length;
  }

  get ended(): boolean {
    return this.#converged || this.epochs >= (this.#options.maxEpochs ?? 200);
  }

  get #converged(): boolean {
    return this.#idle > (this.#options.patience ?? 10);
  }

  /** Learns from the batches of a run. */
  async run({ sizes, inputs }: TrainingRun, sessions: TrainingSessions): Promise<void> {
    const { alpha = 1e-4 } = this.#options;
    const session = await sessions.get(this.#shape, sizes, alpha);
    const rates = Float32Array.from(sizes, (_, i) => this.settings.learningRate * adamScale(this.#steps + i + 1));
    const { losses, squares, ...next } = await session.run({
      ...this.#state,
      ...inputs,
      rates: float32(rates, [rates.length]),
    });
    for (const [name, value] of Object.entries(next)) this.#state[name.slice('next.'.length)] = value;
    for (const [i, size] of sizes.entries()) this.#loss += (losses?.data[i] as number) * size;
    // The penalty alpha / (2 B) · Σ w² of each batch, weighted by its size B; Σ w² hardly changes within one run.
    this.#loss += (alpha / 2) * sizes.length * (squares?.data[0] as number);
    this.#steps += sizes.length;
    await eventLoopTurn();
  }

  /** Ends an epoch: notes its loss, and whether that still falls. @throws DivergenceError for a loss that is not finite */
  endEpoch(): { readonly epoch: number; readonly loss: number } {
    const loss = this.#loss / this.#items;
    this.#loss = 0;
    this.#losses.push(loss);
    if (!Number.isFinite(loss)) {
      const what = `the loss of epoch ${this.epochs} is ${loss}`;
      throw new DivergenceError(this.#steps, what, 'a lower learning rate, or features of a smaller scale');
    }
    this.#idle = loss > this.#best - (this.#options.tolerance ?? 1e-4) ? this.#idle + 1 : 0;
    this.#best = Math.min(this.#best, loss);
    return { epoch: this.epochs, loss };
  }

  result(): Classifier {
    const weights = (name: Parameter) => this.#state[name]?.data as Float32Array;
    return {
      settings: this.settings,
      shape: this.#shape,
      classes: this.#classes,
      weights: { hidden: weights('hidden'), rest: weights('rest') },
      losses: this.#losses,
      converged: this.#converged,
    };
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
export class TrainingSessions implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(runtime: Runtime, options: SessionOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  async get(shape: NetworkShape, batches: readonly number[], alpha: number): Promise<Session> {
    const key = JSON.stringify([shape.hidden, batches]);
    const cached = this.#sessions.get(key);
    if (cached) return cached;
    const model = serialize({ outputs: trainingGraph({ ...shape, batches, alpha }) });
    const session = await this.#runtime.createSession(model, this.#options);
    this.#sessions.set(key, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.dispose()));
  }
}

export function float32(data: Float32Array, shape: readonly number[]): TensorValue {
  return { dtype: 'float32', shape, data };
}
