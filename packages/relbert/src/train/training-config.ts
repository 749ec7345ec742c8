import * as z from 'zod';
import { lossTermSchema } from '../loss/losses.ts';
import { decayNames } from './schedule.ts';

const count = z.int().positive();
const wholeNumber = z.int().nonnegative();
const share = z.number().min(0).lt(1);

/** The metric that prefers later weights: for validations too coarse to choose by. */
export const LAST_STEP = 'step';

/** How a run is optimised: everything but model, prompt and data. */
export const trainingSchema = z.strictObject({
  losses: z.array(lossTermSchema).min(1).describe('The losses to add up'),
  triples: z
    .enum(['all', 'drawn'])
    .default('all')
    .describe("'all': every triple among the pairs of a step; 'drawn': the sampler's, as the paper draws them"),
  steps: count.optional().describe('Steps of the run; either these or epochs'),
  epochs: z.number().positive().optional().describe('Passes over the data, instead of steps'),
  learningRate: z.number().positive().describe('The highest learning rate'),
  warmup: wholeNumber.default(10).describe('Steps of linear warm-up'),
  decay: z.enum(decayNames).default('constant').describe('After the warm-up'),
  weightDecay: z.number().nonnegative().default(0).describe('Decoupled weight decay'),
  decayAll: z.boolean().default(false).describe('Weight decay of biases and LayerNorm too'),
  beta1: share.default(0.9).describe('AdamW: decay of the mean of the gradients'),
  beta2: share.default(0.999).describe('AdamW: decay of the mean of their squares'),
  epsilon: z.number().positive().default(1e-8).describe('AdamW: added to the root of that mean'),
  clip: z.number().positive().nullable().default(1).describe('Largest norm of the gradient; null: none'),
  dropout: share
    .nullable()
    .default(null)
    .describe('Dropout probability everywhere in the encoder; null: that of the model; 0: no dropout'),
  freezeEmbeddings: z.boolean().default(false).describe('Do not train the embeddings'),
  freezeLayers: wholeNumber.default(0).describe('Number of layers not trained, from below'),
  average: share.nullable().default(null).describe('Decay of the moving average of the weights; null: no average'),
  initialShare: share
    .default(0)
    .describe('Share of the weights that training began with in those that are validated and kept'),
  every: count
    .nullable()
    .default(null)
    .describe('Validate and write a checkpoint after each so many steps; null: at the end'),
  metric: z
    .string()
    .nullable()
    .default(null)
    .describe(`The validation figure that decides; null: 'mean', or 'loss'; '${LAST_STEP}': the last weights are kept`),
  patience: count.nullable().default(null).describe('Validations without a better one after which to stop'),
  seed: z.int().default(0).describe('Seed of everything that is drawn'),
  microBatchTokens: count.default(1024).describe('Tokens of a micro-batch'),
  fusedTokens: count
    .nullable()
    .default(null)
    .describe('Tokens whose intermediate results are kept at once; null: by the size of the model'),
});

/** With defaults filled in. */
export type TrainingConfig = z.output<typeof trainingSchema>;
/** As written in a recipe. */
export type TrainingConfigInput = z.input<typeof trainingSchema>;
