/**
 * Training of relation encoders: samplers, the trainer and its events. Pure: callers bring weights, data and a runtime;
 * the command `relbert distill` does the same from files to files.
 *
 * ```ts
 * import { nodeRuntime, openModel, relationModel } from 'relbert';
 * import { RelationSampler, train, trainingSchema } from 'relbert/train';
 * const template = '<subj> is the <mask> of <obj>';
 * const model = relationModel(await openModel('./all-MiniLM-L6-v2'), { template, pooling: 'average_no_mask' });
 * // relations: RelationSet[], from parseRelationSets for instance
 * const part = { relations, positives: 4, negatives: 4, relationsPerStep: 8 };
 * const sampler = new RelationSampler({ parts: [part], seed: 1 });
 * const training = trainingSchema.parse({ losses: [{ name: 'infonce' }], steps: 100, learningRate: 1e-5 });
 * for await (const event of train({ model, training, sampler, runtime: nodeRuntime() })) console.log(event);
 * ```
 *
 * @module
 */
export { Random } from '../data/random.ts';
export { formatTrainPairs, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
export { parseSemEvalPack, parseSemEvalRatings, type SemEvalOptions, semEvalRelationSets } from '../data/semeval.ts';
export { LOSS_NAMES, type LossName, type LossTerm, type LossTermInput } from '../loss/losses.ts';
export type { EncoderConfig } from '../models/config.ts';
export { parseEncoderConfig } from '../models/registry.ts';
export type { StoredWeights } from '../models/weights.ts';
export { createPrompt, type PromptNeeds } from '../prompt/create-prompt.ts';
export { createTokenizer } from '../tokenizer/create-tokenizer.ts';
export type { TokenizerFiles } from '../tokenizer/tokenizer-files.ts';
export type { BatchItem, TrainingBatch, Triples } from './batch.ts';
export { ConfigurationMismatchError } from './configuration.ts';
export { DivergenceError } from './divergence.ts';
export { type TrainOptions, train } from './fine-tuning.ts';
export { checkRecipe, parseRecipe, RecipeError } from './recipe.ts';
export { type Recipe, type RecipeInput, recipeNames } from './recipe-schema.ts';
export { RelationSampler, type RelationSamplerOptions, type SamplingPart } from './relation-sampler.ts';
export { type Sampler, SamplingError } from './sampler.ts';
export type { CheckpointEvent, DoneEvent, StartEvent, StepEvent, TrainEvent, ValidationEvent } from './train-event.ts';
export { type TrainingConfig, type TrainingConfigInput, trainingSchema } from './training-config.ts';
export type { PairEncoder, Teacher, TrainingModel, Validation } from './training-model.ts';
export type { CheckpointName, TrainingState, TrainingStore } from './training-state.ts';
export { TripleSampler, type TripleSamplerOptions } from './triple-sampler.ts';
