/**
 * Training of relation encoders: samplers, the trainer and its events. Pure: callers bring weights, data and a runtime;
 * `relbert/distill` does the same from files to files.
 *
 * @module
 */
export { formatTrainPairs, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
export { parseSemEvalPack, parseSemEvalRatings, type SemEvalOptions, semEvalRelationSets } from '../data/semeval.ts';
export { LOSS_NAMES, type LossName, type LossTerm, type LossTermInput } from '../loss/terms.ts';
export type { BatchItem, TrainingBatch, Triples } from './batch.ts';
export { DivergenceError } from './divergence.ts';
export { checkRecipe, parseRecipe, type Recipe, RecipeError, type RecipeInput, recipeNames } from './recipe.ts';
export { RelationSampler, type RelationSamplerOptions, type SamplingPart } from './relation-sampler.ts';
export { type Sampler, SamplingError } from './sampler.ts';
export type { CheckpointEvent, DoneEvent, StartEvent, StepEvent, TrainEvent, ValidationEvent } from './train-event.ts';
export {
  type PairEncoder,
  type Teacher,
  type TrainingModel,
  type TrainOptions,
  train,
  type Validation,
} from './trainer.ts';
export { type TrainingConfig, type TrainingConfigInput, trainingSchema } from './training-config.ts';
export { ConfigurationMismatchError, type TrainingState, type TrainingStore } from './training-state.ts';
export { TripleSampler, type TripleSamplerOptions } from './triple-sampler.ts';
