import * as z from 'zod';
import { poolings } from '../encoder/pooling.ts';
import { trainingSchema } from './training-config.ts';

/** Names of data that need no file; `--data` and recipes also take files and folders. */
export const dataNames = [
  'semeval2012',
  'wordnet',
  'package/semeval2012',
  'package/semeval2012-crossed',
  'package/wordnet',
  'package/countries',
  'package/lexical',
] as const;

/** What `--pairs` and recipes call the unlabelled pairs that the package carries. */
export const UNLABELLED_PAIRS = 'package/unlabelled';

/** Whether `top` and `bottom` count for a source: ratings of SemEval, which a folder can hold too. */
function takesRatings(source: string): boolean {
  if (source === 'semeval2012') return true;
  return source !== 'wordnet' && !source.startsWith('package/') && !/\.(jsonl|tsv|csv|txt)$/i.test(source);
}

/** Whether `frequency` and `limit` count for a source. */
function takesFrequency(source: string): boolean {
  return source === 'wordnet';
}

/** Settings that only some sources have: who has them, and their defaults. */
const sourceSettings = [
  { has: takesRatings, of: "SemEval's ratings (semeval2012, or a folder of them)", defaults: { top: 10, bottom: 10 } },
  { has: takesFrequency, of: "the source 'wordnet'", defaults: { frequency: 0, limit: null } },
] as const;

export const dataSchema = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .describe(`One of ${dataNames.join(', ')}, a file of relations, or a folder of SemEval ratings`),
    top: z.int().min(2).optional().describe('SemEval: pairs with the highest ratings, the positives. Default: 10'),
    bottom: z
      .int()
      .nonnegative()
      .optional()
      .describe('SemEval: pairs with the lowest ratings, the negatives. Default: 10'),
    frequency: z
      .int()
      .nonnegative()
      .optional()
      .describe("WordNet: least frequency of the rarer word in WordNet's corpora. Default: 0"),
    limit: z.int().positive().nullable().optional().describe('WordNet: most pairs of one relation; null: all'),
  })
  .superRefine((data, context) => {
    for (const { has, of, defaults } of sourceSettings) {
      if (has(data.source)) continue;
      for (const name of Object.keys(defaults)) {
        if (data[name as keyof typeof data] === undefined) continue;
        context.addIssue({ code: 'custom', path: [name], message: `only ${of} can have it, not '${data.source}'` });
      }
    }
  })
  .overwrite((data) => {
    const defaults = sourceSettings.filter(({ has }) => has(data.source)).map((settings) => settings.defaults);
    return Object.assign({ source: data.source }, ...defaults, data);
  });

const partSchema = z.strictObject({
  data: z.array(z.string()).nullable().default(null).describe('Sources of this part, as data names them; null: all'),
  relations: z.number().positive().describe('Relations a step (R); 0.5: a relation in every second step'),
  positives: z.int().positive().describe('Positives of each relation (P)'),
  negatives: z.int().nonnegative().default(0).describe('Negatives of each relation (N)'),
  balance: z.number().default(0).describe('0: relations in turn; 1: drawn in proportion to their size'),
  sharing: z
    .int()
    .nonnegative()
    .default(0)
    .describe(
      'Pairs of other relations that share a word with a positive, for each; one of its own relation comes with them',
    ),
  labelled: z.boolean().default(true).describe('false: pairs of a relation come together without it, for a teacher'),
  mixed: z
    .boolean()
    .default(false)
    .describe('Draw pairs, each equally often, regardless of their relation, for a teacher; without balance'),
});

const samplingSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('triples'),
      relations: z.int().positive().describe('Relations a step, a triple of each'),
      category: z.boolean().default(true).describe('Draw triples at the category level too'),
    })
    .describe('Triples as the paper draws them'),
  z
    .strictObject({ kind: z.literal('relations'), parts: z.array(partSchema).min(1) })
    .describe('Relation batches: R relations x (P positives + N negatives)'),
]);

const teacherSchema = z.strictObject({
  model: z.string().min(1).describe('Folder, hub id, or id@revision of a relation encoder'),
  pairs: z
    .array(z.string())
    .default([])
    .describe(`Files of further pairs, with or without relations; or ${UNLABELLED_PAIRS}`),
  pairsPerStep: z.int().positive().default(64).describe('Pairs a step from those files'),
});

/** A training run as data: prompt, data, sampling and optimisation; not the language model. */
export const recipeSchema = z.strictObject({
  description: z.string().default('').describe('Of the recipe, for its users'),
  template: z.string().nullable().default(null).describe('A letter a-e or a text; null: that of the checkpoint, or a'),
  pooling: z
    .enum(poolings)
    .nullable()
    .default(null)
    .describe('How hidden states become an embedding; null: that of the checkpoint, or average_no_mask'),
  sharedWordDiscount: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe(
      'What analogies take off the cosine of pairs that share a word; the encoder keeps it. Training does not use it',
    ),
  data: z.array(dataSchema).min(1),
  excludeRelations: z.array(z.string()).default([]).describe('Relations or categories to leave out'),
  validationShare: z
    .number()
    .min(0)
    .lt(1)
    .default(0.2)
    .describe(
      'Share of the pairs held out for validation; a held-out pair that another relation trains on is not used',
    ),
  validationSeed: z.int().default(0).describe('Which pairs are held out'),
  sampling: samplingSchema,
  teacher: teacherSchema.nullable().default(null),
  training: trainingSchema,
});

/** With defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>;
/** As written in a file. */
export type RecipeInput = z.input<typeof recipeSchema>;
export type DataSource = Recipe['data'][number];

/** The recipes that the package carries. */
export const recipeNames = [
  'default',
  'embedded',
  'embedded-lexical',
  'mpnet',
  'mpnet-lexical',
  'emnlp2021',
  'emnlp2021-code',
  'journal2023',
] as const;
