import { CheckpointError } from '../formats/checkpoint-error.ts';
import { firstNotFinite } from '../formats/tensor-store.ts';
import { describeIssues } from '../text/schema-path.ts';
import type { Json } from './configuration.ts';
import type { AdamW } from './optimiser.ts';
import type { FloatTensor, FloatTensors } from './task.ts';
import {
  type CheckpointName,
  type Progress,
  progressSchema,
  type TrainingState,
  type TrainingStore,
} from './training-state.ts';
import type { WeightAverage } from './weight-average.ts';

/** What a trainer has in memory that a checkpoint keeps. */
export interface TrainedState {
  readonly optimiser: AdamW;
  readonly average: WeightAverage | undefined;
  /** The trained tensors: views that each step changes. */
  readonly weights: FloatTensors;
}

/** The tensors of the last checkpoint: weights, moments and averages, as views. */
export function lastTensors({ optimiser, weights, average }: TrainedState): Map<string, FloatTensor> {
  const tensors = new Map<string, FloatTensor>();
  const { moments } = optimiser.state();
  for (const [name, { shape, data: weight }] of weights) {
    const parts = { weight, ...moments[name], average: average?.averages.get(name) };
    for (const [part, data] of Object.entries(parts)) {
      if (data) tensors.set(`${part}.${name}`, { dtype: 'float32', shape, data });
    }
  }
  return tensors;
}

/** The tensors of the best checkpoint: the weights alone. */
export function bestTensors(best: FloatTensors): Map<string, FloatTensor> {
  return new Map([...best].map(([name, tensor]) => [`weight.${name}`, tensor]));
}

/** Sets weights, moments and averages to those of a last checkpoint. */
export function restoreLast({ optimiser, average, weights }: TrainedState, { tensors, progress }: TrainingState): void {
  const data = (name: string) => (tensors.get(name) as FloatTensor).data;
  const moments: Record<string, { first: Float32Array; second: Float32Array }> = {};
  for (const [name, weight] of weights) {
    weight.data.set(data(`weight.${name}`));
    moments[name] = { first: data(`first.${name}`), second: data(`second.${name}`) };
    average?.averages.get(name)?.set(data(`average.${name}`));
  }
  optimiser.restore({ step: progress.momentSteps, moments });
}

/** Sets weights and averages to these; the moments start at zero. */
export function restoreBest({ average, weights }: TrainedState, best: FloatTensors): void {
  for (const [name, weight] of weights) {
    const { data } = best.get(name) as FloatTensor;
    weight.data.set(data);
    average?.averages.get(name)?.set(data);
  }
}

/** The weights of a best checkpoint. */
export function weightsOfBest({ weights }: TrainedState, { tensors }: TrainingState): FloatTensors {
  return new Map([...weights.keys()].map((name) => [name, tensors.get(`weight.${name}`) as FloatTensor]));
}

export interface ReadOptions {
  readonly store: TrainingStore;
  readonly trained: TrainedState;
  /** Steps of the whole run. */
  readonly steps: number;
  /** @throws ConfigurationMismatchError where a checkpoint has another configuration */
  readonly check: (configuration: Json) => void;
}

/**
 * A checkpoint with every tensor and number checked; undefined where none was written.
 * @throws CheckpointError that names what is damaged and says what the other checkpoint is good for
 */
export async function readCheckpoint(which: CheckpointName, options: ReadOptions): Promise<TrainingState | undefined> {
  try {
    return await readChecked(which, options);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw withOffer(error, await offer(which, options));
  }
}

async function readChecked(which: CheckpointName, options: ReadOptions): Promise<TrainingState | undefined> {
  const { store, trained, steps, check } = options;
  const state = await store.load(which);
  if (!state) return undefined;
  check(state.configuration);
  const damaged = (problem: string) =>
    new CheckpointError(store.nameOf?.(which) ?? `the ${which} checkpoint`, `the checkpoint is damaged: ${problem}`);
  const progress = progressSchema.safeParse(state.progress);
  if (!progress.success) throw damaged(describeIssues(progressSchema, progress.error.issues, state.progress));
  if (progress.data.step > steps) throw damaged(`it is of step ${progress.data.step} of a run of ${steps} steps`);
  checkTensors(state.tensors, which === 'last' ? lastTensors(trained) : bestTensors(trained.weights), damaged);
  return { ...state, progress: progress.data };
}

function checkTensors(tensors: FloatTensors, expected: FloatTensors, damaged: (problem: string) => Error): void {
  for (const [name, { shape }] of expected) {
    const tensor = tensors.get(name);
    if (!tensor) throw damaged(`it lacks the tensor '${name}'`);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    if (tensor.dtype !== 'float32' || tensor.shape.join() !== shape.join() || tensor.data.length !== size) {
      throw damaged(
        `'${name}' is ${tensor.dtype} [${tensor.shape.join(', ')}], expected float32 [${shape.join(', ')}]`,
      );
    }
    const wrong = firstNotFinite(tensor.data);
    if (wrong >= 0) throw damaged(`number ${wrong} of '${name}' is ${tensor.data[wrong]}`);
  }
  const unknown = [...tensors.keys()].find((name) => !expected.has(name));
  if (unknown !== undefined) throw damaged(`the model has no tensor '${unknown}'`);
}

/** What the user can do about a damaged checkpoint. */
async function offer(damaged: CheckpointName, options: ReadOptions): Promise<string> {
  const other = damaged === 'last' ? 'best' : 'last';
  const sound = await readChecked(other, options).catch((error: unknown) => {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  });
  if (!sound) return 'start anew with --overwrite';
  return other === 'best'
    ? `the best weights so far, of step ${sound.progress.step}, are sound: --resume best goes on from them with new moments of the optimiser`
    : `the last checkpoint, of step ${sound.progress.step}, is sound: --resume last goes on from it and chooses the best weights among the steps after it`;
}

function withOffer(error: CheckpointError, advice: string): CheckpointError {
  const problem = error.message.slice(error.origin.length + 2);
  return new CheckpointError(error.origin, `${problem}; ${advice}`, { cause: error });
}

/** Progress of a run before its first step. */
export function noProgress(validatesStart: boolean): Progress {
  return {
    step: 0,
    momentSteps: 0,
    seconds: 0,
    waited: 0,
    checked: validatesStart ? -1 : 0,
    microBatches: 0,
    losses: [],
    finished: false,
  };
}
