/**
 * Analogy questions (Ushio et al. 2021, section 4.1): the choice whose relation embedding is most similar to the
 * stem's is the answer; the figure is accuracy. Pure: the caller passes the embedder, so that relation encoders, word
 * vectors and baselines are judged by the same code.
 */
import type { AnalogyQuestion } from '../data/analogy.ts';
import { Random } from '../data/random.ts';
import { checkSharedWordDiscount } from '../encoder/option-error.ts';
import { sharedWordLoss } from '../pair/shared-word.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { type AnalogyCategory, analogyGroup, SHARED_WORD_KINDS, type SharedWordKind } from './analogy-categories.ts';
import { bootstrapInterval, bootstrapMacroInterval, type Interval } from './bootstrap.ts';
import { type EmbeddingTable, embedDistinct, type PairEmbedder } from './embedding-table.ts';
import { firstMaximum } from './first-maximum.ts';
import { type Similarity, type SimilarityName, similarities } from './similarity.ts';

export type { PairEmbedder } from './embedding-table.ts';

/** The questions of one file. */
export interface AnalogySet {
  /** `u2`, `google`, `bats` ... */
  readonly set: string;
  /** `test`, `valid` ... */
  readonly split: string;
  readonly questions: readonly AnalogyQuestion[];
}

/** The scores of one question's choices and what they say. */
export interface AnalogyPrediction {
  readonly set: string;
  readonly split: string;
  /** Position of the question in its set, from 0. */
  readonly index: number;
  readonly question: AnalogyQuestion;
  /** Similarity of each choice to the stem, less the discount for a word that they share. */
  readonly scores: readonly number[];
  /** The choice with the highest score, the first of equals. */
  readonly predicted: number;
  readonly correct: boolean;
}

/** How many questions were answered rightly. */
export interface AnalogyCount {
  readonly questions: number;
  readonly correct: number;
  /** Fraction of the questions, 0 to 1. */
  readonly accuracy: number;
}

/** The questions of one category, as in the paper's Table 5, or of one kind of shared-word questions. */
export interface CategoryResult extends AnalogyCount {
  readonly category: AnalogyCategory;
  /** 95 % bootstrap interval of the accuracy. */
  readonly interval: Interval;
}

/** The questions of one relation, as in the paper's Table 12. */
export interface GroupResult extends AnalogyCount {
  readonly group: string;
  readonly category: AnalogyCategory | undefined;
}

/** Accuracy on one set. */
export interface AnalogyResult extends AnalogyCount {
  readonly set: string;
  readonly split: string;
  /** 95 % bootstrap interval of the accuracy. */
  readonly interval: Interval;
  /** Expected accuracy of guessing: the mean of 1 / choices. */
  readonly chance: number;
  /** Sorted by name; empty where the set has no categories. */
  readonly categories: readonly CategoryResult[];
  /** Sorted by category and name; empty where the questions carry no prefix. */
  readonly groups: readonly GroupResult[];
}

export interface AnalogyEvaluation {
  readonly results: readonly AnalogyResult[];
  readonly predictions: readonly AnalogyPrediction[];
  /** Mean of the sets' accuracies, each set counting the same. */
  readonly macroAverage: number;
  /** 95 % bootstrap interval of the macro average. */
  readonly macroInterval: Interval;
}

/**
 * Which way round pairs are embedded: `forward` (h, t), `reverse` (t, h), or `both`, the mean of the two similarities
 * (never their product: two negative ones must not win).
 */
export type Direction = 'forward' | 'reverse' | 'both';

export interface AnalogyEvaluationOptions {
  /** By name, or a function where greater is more alike. Default `cosine`. */
  readonly similarity?: SimilarityName | Similarity | undefined;
  /** Default `forward`. */
  readonly direction?: Direction | undefined;
  /**
   * What the similarity of a choice that shares a word with the stem loses, as `RelationEncoder.rankAnalogy` does it; 0 to 2,
   * meant for cosines. Default 0, as the paper has it; `relbert evaluate analogy` takes that of the model.
   */
  readonly sharedWordDiscount?: number | undefined;
  /** Of the bootstrap. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Answers all questions of all sets; each distinct pair over all of them is embedded once.
 * @throws OptionError for a discount that is not a number from 0 to 2; RangeError for an empty list of sets, a set without
 *   questions
 */
export async function evaluateAnalogy(
  sets: readonly AnalogySet[],
  embed: PairEmbedder,
  options: AnalogyEvaluationOptions = {},
): Promise<AnalogyEvaluation> {
  checkSets(sets);
  const { direction = 'forward', similarity: chosen = 'cosine', sharedWordDiscount = 0 } = options;
  checkSharedWordDiscount(sharedWordDiscount);
  const similarity = typeof chosen === 'string' ? similarities[chosen] : chosen;
  const pairs = sets.flatMap(({ questions }) => questions.flatMap(({ stem, choices }) => [stem, ...choices]));
  const forward = direction === 'reverse' ? [] : pairs;
  const backward = direction === 'forward' ? [] : pairs.map(({ head, tail }): WordPair => ({ head: tail, tail: head }));
  const table = await embedDistinct([...forward, ...backward], embed);
  const offsets = direction === 'both' ? [0, pairs.length] : [0];
  let next = 0;
  return evaluation(sets, options.seed, ({ stem, choices }) => {
    const first = next;
    next += 1 + choices.length;
    return choices.map(
      (choice, i) =>
        meanSimilarity(table, first, first + 1 + i, offsets, similarity) -
        sharedWordLoss(stem, choice, sharedWordDiscount),
    );
  });
}

function meanSimilarity(
  table: EmbeddingTable,
  stem: number,
  choice: number,
  offsets: readonly number[],
  similarity: Similarity,
): number {
  const sum = offsets.reduce(
    (total, offset) => total + similarity(table.at(offset + stem), table.at(offset + choice)),
    0,
  );
  return sum / offsets.length;
}

/**
 * The accuracy on each kind of shared-word questions, mean over the sets that have them; undefined where none has.
 */
export function sharedWordMeans(
  results: readonly { readonly categories: readonly { readonly category: string; readonly accuracy: number }[] }[],
): Readonly<Record<SharedWordKind, number>> | undefined {
  const means = SHARED_WORD_KINDS.map((kind) => {
    const found = results.flatMap(({ categories }) => categories.filter(({ category }) => category === kind));
    return [kind, found.reduce((sum, { accuracy }) => sum + accuracy, 0) / found.length] as const;
  });
  if (means.some(([, mean]) => Number.isNaN(mean))) return undefined;
  return Object.fromEntries(means) as Record<SharedWordKind, number>;
}

/** Answers by guessing: the baseline of any model. @param seed Default 0. */
export function guessAnalogy(sets: readonly AnalogySet[], seed = 0): AnalogyEvaluation {
  checkSets(sets);
  const random = new Random(seed);
  return evaluation(sets, seed, ({ choices }) => choices.map(() => random.uniform()));
}

function checkSets(sets: readonly AnalogySet[]): void {
  const empty = sets.find(({ questions }) => questions.length === 0);
  if (sets.length === 0 || empty) {
    throw new RangeError(empty ? `${empty.set} (${empty.split}): no questions` : 'no set of analogy questions');
  }
}

function evaluation(
  sets: readonly AnalogySet[],
  seed: number | undefined,
  scoresOf: (question: AnalogyQuestion) => number[],
): AnalogyEvaluation {
  const bootstrap = seed === undefined ? {} : { seed };
  const answered = sets.map(({ set, split, questions }) =>
    questions.map((question, index): AnalogyPrediction => {
      const scores = scoresOf(question);
      const predicted = firstMaximum(scores);
      return { set, split, index, question, scores, predicted, correct: predicted === question.answer };
    }),
  );
  const results = sets.map(({ set, split }, i): AnalogyResult => {
    const predictions = answered[i] as AnalogyPrediction[];
    const chances = predictions.map(({ question }) => 1 / question.choices.length);
    return {
      set,
      split,
      ...count(predictions),
      interval: bootstrapInterval(marks(predictions), bootstrap),
      chance: chances.reduce((sum, chance) => sum + chance, 0) / chances.length,
      categories: byCategory(predictions, bootstrap),
      groups: byGroup(predictions),
    };
  });
  return {
    results,
    predictions: answered.flat(),
    macroAverage: results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length,
    macroInterval: bootstrapMacroInterval(answered.map(marks), bootstrap),
  };
}

function marks(predictions: readonly AnalogyPrediction[]): number[] {
  return predictions.map(({ correct }) => (correct ? 1 : 0));
}

function count(predictions: readonly AnalogyPrediction[]): AnalogyCount {
  const correct = predictions.filter((prediction) => prediction.correct).length;
  return { questions: predictions.length, correct, accuracy: correct / predictions.length };
}

function byCategory(
  predictions: readonly AnalogyPrediction[],
  bootstrap: { readonly seed?: number },
): CategoryResult[] {
  const categories = grouped(predictions, ({ question }) => analogyGroup(question.prefix)?.category);
  return [...categories]
    .flatMap(([category, members]) =>
      category === undefined
        ? []
        : [{ category, ...count(members), interval: bootstrapInterval(marks(members), bootstrap) }],
    )
    .sort((a, b) => byName(a.category, b.category));
}

function byGroup(predictions: readonly AnalogyPrediction[]): GroupResult[] {
  // Questions on shared words have a relation in two categories.
  const groups = grouped(predictions, ({ question }) => {
    const group = analogyGroup(question.prefix);
    return group && `${group.category ?? ''}\t${group.relation}`;
  });
  return [...groups.values()]
    .flatMap((members) => {
      const group = analogyGroup(members[0]?.question.prefix);
      return group ? [{ group: group.relation, category: group.category, ...count(members) }] : [];
    })
    .sort((a, b) => byName(a.category ?? '', b.category ?? '') || byName(a.group, b.group));
}

function grouped<Key>(
  predictions: readonly AnalogyPrediction[],
  keyOf: (prediction: AnalogyPrediction) => Key,
): Map<Key, AnalogyPrediction[]> {
  const groups = new Map<Key, AnalogyPrediction[]>();
  for (const prediction of predictions) {
    const key = keyOf(prediction);
    const group = groups.get(key);
    if (group) group.push(prediction);
    else groups.set(key, [prediction]);
  }
  return groups;
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
