import type { TrainOptions } from '../../src/train/fine-tuning.ts';
import { RelationSampler } from '../../src/train/relation-sampler.ts';
import { type TrainingConfigInput, trainingSchema } from '../../src/train/training-config.ts';
import { keptSessions } from '../kept-sessions.ts';
import { tinyModel, tinyRelations } from './tiny.ts';

/**
 * A small run with everything on that a checkpoint has to keep: dropout, the classification head, gradient caching,
 * a moving average, validation and the best weights.
 */
export async function tinyRun(training: Partial<TrainingConfigInput> = {}): Promise<TrainOptions> {
  const relations = tinyRelations(8);
  const part = { relations, positives: 3, negatives: 2 };
  const validation = new RelationSampler({ parts: [{ ...part, relationsPerStep: 4 }], seed: 99 });
  return {
    model: await tinyModel('bert', 'average+difference'),
    training: trainingSchema.parse({
      losses: [{ name: 'infonce', temperature: 0.1 }, { name: 'classification' }, { name: 'triplet' }],
      steps: 24,
      learningRate: 1e-3,
      warmup: 3,
      decay: 'cosine',
      weightDecay: 0.01,
      dropout: 0.1,
      average: 0.9,
      every: 3,
      seed: 7,
      microBatchTokens: 60,
      fusedTokens: 120,
      ...training,
    }),
    sampler: new RelationSampler({ parts: [{ ...part, relationsPerStep: 5 }], seed: 7 }),
    runtime: keptSessions(),
    threads: 1,
    spinning: false,
    validation: { batches: [validation.batch(0)] },
    configuration: { model: 'tiny' },
  };
}
