import type { FloatTensor, Trainable } from './trainable.ts';
import type { BestValidation, Progress, TrainingState, TrainingStore } from './training-state.ts';

/** The tensors of the last checkpoint: weights, moments and averages, as views. */
export function lastTensors({ optimiser, weights, average }: Trainable): Map<string, FloatTensor> {
  const tensors = new Map<string, FloatTensor>();
  const { moments } = optimiser.state();
  for (const name of optimiser.names) {
    const { shape } = weights.get(name) as FloatTensor;
    const add = (kind: string, data: Float32Array | undefined) => {
      if (data) tensors.set(`${kind}.${name}`, { dtype: 'float32', shape, data });
    };
    add('weight', optimiser.weights(name));
    add('first', moments[name]?.first);
    add('second', moments[name]?.second);
    add('average', average?.averages.get(name));
  }
  return tensors;
}

/** The tensors of the best checkpoint: the trained weights alone. */
export function bestTensors({ weights }: Trainable, best: ReadonlyMap<string, Float32Array>): Map<string, FloatTensor> {
  return new Map(
    [...best].map(([name, data]) => [
      `weight.${name}`,
      { dtype: 'float32', shape: (weights.get(name) as FloatTensor).shape, data },
    ]),
  );
}

/** Puts weights, moments and averages back to where a checkpoint has them. */
export function restoreLast({ optimiser, average, gradients }: Trainable, last: TrainingState): void {
  const moments: Record<string, { first: Float32Array; second: Float32Array }> = {};
  for (const name of optimiser.names) {
    optimiser.weights(name).set(tensorOf(last, `weight.${name}`));
    moments[name] = { first: tensorOf(last, `first.${name}`), second: tensorOf(last, `second.${name}`) };
    average?.averages.get(name)?.set(tensorOf(last, `average.${name}`));
  }
  optimiser.restore({ step: last.progress.step, moments });
  gradients.microBatchCount = last.progress.microBatches;
}

/**
 * The best weights so far. The file can be newer than the last checkpoint, where the process was killed between the
 * two: the run will then come to that step again and write the same file.
 */
export async function readBest(
  { optimiser }: Trainable,
  store: TrainingStore,
  { step }: BestValidation,
): Promise<Map<string, Float32Array>> {
  const best = await store.load('best');
  if (!best || best.progress.step < step) {
    throw new RangeError(`the best checkpoint, of step ${step}, is missing: resume is not possible, start anew`);
  }
  return new Map(optimiser.names.map((name) => [name, tensorOf(best, `weight.${name}`)]));
}

/** Where a new run stands. */
export const noProgress: Progress = {
  step: 0,
  seconds: 0,
  best: undefined,
  waited: 0,
  checked: 0,
  microBatches: 0,
  losses: [],
  finished: false,
};

function tensorOf({ tensors }: TrainingState, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`the checkpoint lacks the tensor '${name}'`);
  return tensor.data;
}
