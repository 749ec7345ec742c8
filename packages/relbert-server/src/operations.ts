/** @file The operations under /v1: bodies, answers, examples. Validation and the OpenAPI document both follow from it. */
import { z } from 'zod';
import type { Limits } from './limits.ts';
import { readable } from './word-pattern.ts';

export interface Operation {
  /** The last part of its path, and its name among the tasks of the worker. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
  readonly example: { readonly body: unknown; readonly answer: unknown };
  /** Pairs that the body asks to encode, for the queue. */
  pairsOf(body: never): number;
}

const score = z.number().meta({ description: 'Cosine: -1 to 1, more alike is greater.' });
const twoWords = z.array(z.string()).length(2);
const headTail = z.object({ head: z.string(), tail: z.string() });

/** Terms on a side of a mapping: more take too long to be sure of. */
const mostTerms = 12;

/** The operations that a server offers with what it has loaded. */
export function operations(
  limits: Limits,
  { index, classifier }: { readonly index: boolean; readonly classifier: boolean },
): readonly Operation[] {
  const word = z
    .string()
    .min(1)
    .max(limits.maxWord)
    .regex(readable, 'a word must hold a letter, a digit or a sign')
    .refine((text) => !/\p{Cs}/u.test(text), 'a word must not hold half of a surrogate pair')
    .meta({ id: 'Word', description: 'A word or a phrase, with a letter, a digit or a sign.' });
  const pair = z.array(word).length(2).meta({ id: 'Pair', description: 'Head and tail.' });
  const pairs = z.array(pair).min(1).max(limits.maxPairs);
  const top = z.int().min(1).max(limits.maxTop).meta({ description: 'Answers at most.' });
  const where = z.string().min(1).max(2000).meta({
    description: 'Only pairs that pass: columns, head and tail, as in `relation = "hypernym" and head != "dog"`.',
  });
  const distinctWords = z
    .boolean()
    .default(false)
    .meta({ description: 'Leave out pairs that share a word with the question.' });
  const neighbour = headTail.extend({ score }).loose();

  const embed = operation('embed', 'Relation embeddings of word pairs', {
    description: 'One embedding a pair, in the order given.',
    body: z.strictObject({ pairs }),
    answer: z.object({ embeddings: z.array(z.array(z.number())) }),
    example: {
      body: { pairs: [['Tokyo', 'Japan']] },
      answer: { embeddings: [[0.7514795660972595, 0.23272418975830078, -0.28040146827697754]] },
    },
    pairsOf: (body) => body.pairs.length,
  });
  const similarity = operation('similarity', 'How alike the relations of two pairs are', {
    description: 'Cosine of the two relation embeddings.',
    body: z.strictObject({ a: pair, b: pair }),
    answer: z.object({ similarity: score }),
    example: { body: { a: ['Tokyo', 'Japan'], b: ['Paris', 'France'] }, answer: { similarity: 0.9828754262682787 } },
    pairsOf: () => 2,
  });
  const analogy = operation('analogy', 'Which choice stands in the same relation as the stem', {
    description:
      'The choices by the cosine of their relation embedding to that of the stem, best first; less a discount where they share a word with it, if the model has one.',
    body: z.strictObject({
      stem: pair,
      choices: pairs,
      sharedWordDiscount: z.number().min(0).max(2).optional().meta({
        description:
          "What a cosine loses where a word of the stem has the same place in the choice, half where the other; 0: rank by cosine. Default: the model's.",
      }),
    }),
    answer: z.object({
      ranking: z.array(
        z.object({
          pair: twoWords,
          score: z.number().meta({ description: 'The cosine, less the discount for a shared word.' }),
          cosine: score,
        }),
      ),
    }),
    example: {
      body: {
        stem: ['word', 'language'],
        choices: [
          ['paint', 'portrait'],
          ['note', 'music'],
        ],
      },
      answer: {
        ranking: [
          { pair: ['note', 'music'], score: 0.8636416225473692, cosine: 0.8636416225473692 },
          { pair: ['paint', 'portrait'], score: 0.6971181404285066, cosine: 0.6971181404285066 },
        ],
      },
    },
    pairsOf: (body) => 1 + body.choices.length,
  });
  const terms = z
    .array(word)
    .min(2)
    .max(mostTerms)
    .refine((side) => new Set(side).size === side.length, 'no term may occur twice on one side')
    .meta({ uniqueItems: true });
  const mapping = operation('mapping', 'Which term of the target corresponds to which term of the source', {
    description:
      'The one-to-one mapping under which the relations among the source terms are most like those among the target terms. `optimal` says whether it is proven that none is better.',
    body: z
      .strictObject({ source: terms, target: terms })
      .refine(({ source, target }) => source.length === target.length, 'source and target must have as many terms')
      .meta({ anyOf: Array.from({ length: mostTerms - 1 }, (_, i) => sidesOf(i + 2)) }),
    answer: z.object({ mapping: z.array(twoWords), score, optimal: z.boolean() }),
    example: {
      body: { source: ['teacher', 'student', 'school'], target: ['patient', 'hospital', 'doctor'] },
      answer: {
        mapping: [
          ['teacher', 'doctor'],
          ['student', 'patient'],
          ['school', 'hospital'],
        ],
        score: 0.9406549932037404,
        optimal: true,
      },
    },
    pairsOf: ({ source }) => 2 * source.length * (source.length - 1),
  });
  const neighbours = operation('neighbours', 'Pairs of the index whose relation is most like that of given pairs', {
    description:
      'The pairs of the index with the greatest cosine to each given pair, or, with `mean`, to the mean of all of them less half the mean of the counter-examples in `not`. Further columns of the index stand beside head, tail and score; one called score as input_score.',
    body: z.strictObject({
      pairs,
      top: top.default(10),
      distinctWords,
      where: where.optional(),
      mean: z.boolean().default(false).meta({ description: 'The pairs are examples of one relation: one question.' }),
      not: pairs.optional().meta({ description: 'Counter-examples.' }),
    }),
    answer: z.object({
      results: z.array(
        z.object({
          query: z.union([headTail, z.object({ pairs: z.array(headTail), not: z.array(headTail).optional() })]),
          neighbours: z.array(neighbour),
        }),
      ),
    }),
    example: {
      body: { pairs: [['young', 'old']], top: 1 },
      answer: {
        results: [
          {
            query: { head: 'young', tail: 'old' },
            neighbours: [{ relation: 'opposite', head: 'fast', tail: 'slow', score: 0.8963055619103701 }],
          },
        ],
      },
    },
    pairsOf: (body) => body.pairs.length + (body.not?.length ?? 0),
  });
  const mine = operation('mine', 'New pairs of a relation that a few pairs show, from the index', {
    description:
      'The pairs of the index that are most like the seeds, best first, each with its nearest seed. What most pairs of the index share is taken off first. Pairs in `not` look like the relation and are not. Further columns stand beside; those called score and seed as input_score and input_seed.',
    body: z.strictObject({ seeds: pairs, not: pairs.optional(), top: top.default(20) }),
    answer: z.object({ results: z.array(neighbour.extend({ seed: headTail })) }),
    example: {
      body: {
        seeds: [
          ['hot', 'cold'],
          ['big', 'small'],
        ],
        top: 1,
      },
      answer: {
        results: [
          {
            relation: 'opposite',
            head: 'fast',
            tail: 'slow',
            score: 0.4893096750403989,
            seed: { head: 'big', tail: 'small' },
          },
        ],
      },
    },
    pairsOf: (body) => body.seeds.length + (body.not?.length ?? 0),
  });
  const classify = operation('classify', 'The relations of pairs, by the classifier that is loaded', {
    description:
      'The most probable label of each pair; `other` where it is less probable than the threshold `other`, or than the one that was fitted.',
    body: z.strictObject({ pairs, other: z.number().min(0).max(1).optional().meta({ description: 'Threshold.' }) }),
    answer: z.object({ predictions: z.array(headTail.extend({ label: z.string(), probability: z.number() })) }),
    example: {
      body: { pairs: [['Rome', 'Italy']] },
      answer: { predictions: [{ head: 'Rome', tail: 'Italy', label: 'capital', probability: 0.8119674869326878 }] },
    },
    // A pair and its reverse.
    pairsOf: (body) => 2 * body.pairs.length,
  });
  const always = [embed, similarity, analogy, mapping];
  return [...always, ...(index ? [neighbours, mine] : []), ...(classifier ? [classify] : [])];
}

/** Both sides have so many terms, as a JSON Schema. */
function sidesOf(minItems: number): object {
  const side = { minItems, maxItems: minItems };
  return { properties: { source: side, target: side } };
}

interface TypedOperation<B extends z.ZodType> extends Omit<Operation, 'name' | 'summary' | 'body' | 'pairsOf'> {
  readonly body: B;
  pairsOf(body: z.output<B>): number;
}

function operation<B extends z.ZodType>(name: string, summary: string, rest: TypedOperation<B>): Operation {
  return { name, summary, ...rest };
}
