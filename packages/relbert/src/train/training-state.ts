import * as z from 'zod';
import type { Json } from './configuration.ts';
import type { FloatTensors } from './task.ts';

const count = z.int().nonnegative();

const bestSchema = z.strictObject({ step: count, metric: z.string(), value: z.number() });

/** Where a run is. With weights, moments and configuration it decides everything that follows. */
export const progressSchema = z
  .strictObject({
    /** Steps taken. The sampler and all random numbers are functions of the seed and the step. */
    step: count,
    /** Steps that the optimiser's moments have seen: `step`, unless the run went on from its best weights. */
    momentSteps: count,
    seconds: z.number().nonnegative(),
    /** The best validation so far. */
    best: bestSchema.optional(),
    /** Value of the first validation. */
    first: z.number().optional(),
    /** Validations since the best. */
    waited: count,
    /** The step of the last validation and checkpoint that were due; -1: not even the one before the first step. */
    checked: z.int().min(-1),
    /** Micro-batches of the last step. */
    microBatches: count,
    /** Losses that `DivergenceWatch` compares with. */
    losses: z.array(z.number()),
    finished: z.boolean(),
  })
  .refine(({ step, checked }) => checked <= step, { error: 'is after step', path: ['checked'] })
  .refine(({ step, momentSteps }) => momentSteps <= step, { error: 'is after step', path: ['momentSteps'] })
  .refine(({ step, best }) => (best?.step ?? 0) <= step, { error: 'is after step', path: ['best', 'step'] });

export type Progress = z.output<typeof progressSchema>;
/** A validation: after which step, by which figure, and its value. */
export type BestValidation = z.output<typeof bestSchema>;

/** Everything that a checkpoint holds. */
export interface TrainingState {
  readonly configuration: Json;
  readonly progress: Progress;
  /** `weight.<name>`, and in the last checkpoint `first.<name>`, `second.<name>` and `average.<name>`. */
  readonly tensors: FloatTensors;
}

/** Which checkpoint: `last` has everything to go on from; `best` has the weights of the best validation alone. */
export type CheckpointName = 'last' | 'best';

/** Where checkpoints are kept. Writing must be atomic: a process killed while it writes leaves the former checkpoint. */
export interface TrainingStore {
  save(which: CheckpointName, state: TrainingState): Promise<void>;
  /** undefined: none was written. @throws CheckpointError for a file that is damaged */
  load(which: CheckpointName): Promise<TrainingState | undefined>;
  /** What messages call a checkpoint: its file. Default: 'the last checkpoint', 'the best checkpoint'. */
  nameOf?(which: CheckpointName): string;
}
