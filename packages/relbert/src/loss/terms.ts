import { z } from 'zod';

const weight = z.number().nonnegative().default(1).describe('Factor of this loss in the sum');
const margin = z.number().default(1).describe('Margin of the hinge');
const distance = z.enum(['euclidean', 'cosine']).default('euclidean');
const hinge = z
  .enum(['paper', 'code'])
  .default('paper')
  .describe("Sign of the margin: 'paper' adds it, 'code' takes it off, as the authors' program does");
const reduction = z.enum(['mean', 'sum']).default('mean').describe("Over the triples; the authors' program sums");
const symmetric = z
  .boolean()
  .default(false)
  .describe("Add the loss with anchors and positives exchanged, as the authors' program does");
const triplet = { weight, margin, distance, hinge, reduction, symmetric };
const temperature = (value: number) => z.number().positive().default(value);

/** One loss of a weighted sum, with its options. */
export const lossTermSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('triplet'), ...triplet }).describe('tripletLoss, within relations'),
  z
    .strictObject({
      name: z.literal('in-batch'),
      ...triplet,
      form: z
        .enum(['matrix', 'flattened'])
        .default('matrix')
        .describe("'flattened': one vector out of the whole batch, as the authors' program does"),
    })
    .describe('inBatchTripletLoss: positives of other relations as negatives'),
  z.strictObject({ name: z.literal('category'), ...triplet }).describe('tripletLoss between relations of a category'),
  z
    .strictObject({ name: z.literal('classification'), weight, bias: z.boolean().default(true), reduction, symmetric })
    .describe('classificationLoss: a classifier of pairs of pairs, trained with the encoder'),
  z
    .strictObject({
      name: z.literal('infonce'),
      weight,
      temperature: temperature(0.05),
      positives: z.enum(['each', 'all', 'sum']).default('each'),
    })
    .describe('infoNceLoss'),
  z.strictObject({ name: z.literal('infoloob'), weight, temperature: temperature(0.05) }).describe('infoLoobLoss'),
  z
    .strictObject({
      name: z.literal('similarity'),
      weight,
      temperature: temperature(0.1),
      teacherTemperature: z.number().positive().optional().describe("Default: the student's"),
    })
    .describe("similarityLoss: the teacher's cosines"),
]);

/** With defaults filled in. */
export type LossTerm = z.output<typeof lossTermSchema>;
/** As written in a recipe. */
export type LossTermInput = z.input<typeof lossTermSchema>;
export type LossName = LossTerm['name'];

export const LOSS_NAMES: readonly LossName[] = lossTermSchema.options.map(({ shape }) => shape.name.value);

/** Whether a teacher's embeddings go into one of the losses. */
export function needsTeacher(terms: readonly LossTerm[]): boolean {
  return terms.some(({ name }) => name === 'similarity');
}
