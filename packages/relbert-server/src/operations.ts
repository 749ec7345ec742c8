/** @file The operations under /v1: bodies, answers, examples. Validation and the OpenAPI document both follow from it. */
import { z } from 'zod';
import type { Limits } from './limits.ts';

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
const outWords = z.tuple([z.string(), z.string()]);
const headTail = z.object({ head: z.string(), tail: z.string() });

/** The operations that a server offers: those that search need an index. */
export function operations(limits: Limits, { index }: { readonly index: boolean }): readonly Operation[] {
  const word = z
    .string()
    .min(1)
    .max(limits.maxWord)
    .refine((text) => /[^\s\p{C}]/u.test(text), 'a word must hold a letter, a digit or a sign')
    .refine((text) => !/\p{Cs}/u.test(text), 'a word must not hold half of a surrogate pair')
    .meta({ description: 'A word or a phrase. It must hold a letter, a digit or a sign.', pattern: '\\S' });
  const pair = z.tuple([word, word]).meta({ description: 'Head and tail.' });
  const pairs = z.array(pair).min(1).max(limits.maxPairs);
  const top = z.int().min(1).max(limits.maxTop).default(10).meta({ description: 'Answers to each question.' });
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
    example: { body: { pairs: [['Tokyo', 'Japan']] }, answer: { embeddings: [[-0.34, 0.17, 0.25]] } },
    pairsOf: (body) => body.pairs.length,
  });
  const similarity = operation('similarity', 'How alike the relations of two pairs are', {
    description: 'Cosine of the two relation embeddings.',
    body: z.strictObject({ a: pair, b: pair }),
    answer: z.object({ similarity: score }),
    example: { body: { a: ['Tokyo', 'Japan'], b: ['Paris', 'France'] }, answer: { similarity: 0.97 } },
    pairsOf: () => 2,
  });
  const analogy = operation('analogy', 'Which choice stands in the same relation as the stem', {
    description: 'The choices by the cosine of their relation embedding to that of the stem, best first.',
    body: z.strictObject({ stem: pair, choices: pairs }),
    answer: z.object({ ranking: z.array(z.object({ pair: outWords, score })) }),
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
          { pair: ['note', 'music'], score: 0.75 },
          { pair: ['paint', 'portrait'], score: 0.41 },
        ],
      },
    },
    pairsOf: (body) => 1 + body.choices.length,
  });
  const terms = z.array(word).min(2).max(16);
  const mapping = operation('mapping', 'Which term of the target corresponds to which term of the source', {
    description:
      'The one-to-one mapping under which the relations among the source terms are most like those among the target terms. `optimal` says whether it is proven that none is better.',
    body: z
      .strictObject({ source: terms, target: terms })
      .refine(({ source, target }) => source.length === target.length, 'source and target must have as many terms')
      .refine(({ source, target }) => [source, target].every((side) => new Set(side).size === side.length), {
        message: 'no term may occur twice on one side',
      }),
    answer: z.object({ mapping: z.array(outWords), score, optimal: z.boolean() }),
    example: {
      body: { source: ['sun', 'planet', 'gravity'], target: ['electron', 'nucleus', 'electromagnetism'] },
      answer: {
        mapping: [
          ['sun', 'nucleus'],
          ['planet', 'electron'],
          ['gravity', 'electromagnetism'],
        ],
        score: 0.43,
        optimal: true,
      },
    },
    pairsOf: ({ source }) => 2 * source.length * (source.length - 1),
  });
  const neighbours = operation('neighbours', 'Pairs of the index whose relation is most like that of given pairs', {
    description:
      'The pairs of the index with the greatest cosine to each given pair, or, with `mean`, to the mean of all of them less half the mean of the counter-examples in `not`. Further columns of the index stand beside head, tail and score.',
    body: z.strictObject({
      pairs,
      top,
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
      body: { pairs: [['barista', 'coffee']], top: 1, distinctWords: true },
      answer: {
        results: [
          {
            query: { head: 'barista', tail: 'coffee' },
            neighbours: [{ head: 'bartender', tail: 'beer', score: 0.84 }],
          },
        ],
      },
    },
    pairsOf: (body) => body.pairs.length + (body.not?.length ?? 0),
  });
  return [embed, similarity, analogy, mapping, ...(index ? [neighbours] : [])];
}

interface TypedOperation<B extends z.ZodType> extends Omit<Operation, 'name' | 'summary' | 'body' | 'pairsOf'> {
  readonly body: B;
  pairsOf(body: z.output<B>): number;
}

function operation<B extends z.ZodType>(name: string, summary: string, rest: TypedOperation<B>): Operation {
  return { name, summary, ...rest };
}
