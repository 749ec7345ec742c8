/**
 * Analogy questions (Ushio et al. 2021, section 4.1): the choice whose relation embedding is most similar to the
 * stem's is the answer; the figure is accuracy. Pure: what embeds the pairs is handed in, so that a relation encoder,
 * word vectors and baselines are judged by the same code.
 */
import type { AnalogyQuestion } from '../data/analogy.ts';
import { cosine } from '../encoder/embeddings.ts';
import { deduplicatePairs } from '../pair/deduplicate.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** The questions of one file. */
export interface AnalogySet {
  /** `u2`, `google`, `bats` ... */
  readonly set: string;
  /** `test`, `valid` ... */
  readonly split: string;
  readonly questions: readonly AnalogyQuestion[];
}

/** Embeds distinct pairs: rows [n, dim] in row-major order, in the order of `pairs`. */
export type PairEmbedder = (
  pairs: readonly WordPair[],
) => Promise<{ readonly data: Float32Array; readonly shape: readonly number[] }>;

/** How alike two embeddings are; greater is more alike. */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

/** The scores of one question's choices and what they say. */
export interface AnalogyPrediction {
  readonly set: string;
  readonly split: string;
  /** Position of the question in its set, from 0. */
  readonly index: number;
  readonly question: AnalogyQuestion;
  /** Similarity of each choice to the stem. */
  readonly scores: readonly number[];
  /** The choice with the highest score, the first of equals. */
  readonly predicted: number;
  readonly correct: boolean;
}

/** Accuracy on one set. */
export interface AnalogyResult {
  readonly set: string;
  readonly split: string;
  readonly questions: number;
  readonly correct: number;
  /** Fraction of the questions, 0 to 1. */
  readonly accuracy: number;
}

export interface AnalogyEvaluation {
  readonly results: readonly AnalogyResult[];
  readonly predictions: readonly AnalogyPrediction[];
  /** Mean of the sets' accuracies, each set counting the same. */
  readonly macroAverage: number;
}

export interface AnalogyEvaluationOptions {
  /** Default: {@link cosine}. */
  readonly similarity?: Similarity;
}

/**
 * Answers all questions of all sets; each distinct pair over all of them is embedded once.
 * @throws RangeError for no set at all or one without questions.
 */
export async function evaluateAnalogy(
  sets: readonly AnalogySet[],
  embed: PairEmbedder,
  options: AnalogyEvaluationOptions = {},
): Promise<AnalogyEvaluation> {
  const empty = sets.find(({ questions }) => questions.length === 0);
  if (sets.length === 0 || empty) {
    throw new RangeError(empty ? `${empty.set} (${empty.split}): no questions` : 'no set of analogy questions');
  }
  const { distinct, rows } = deduplicatePairs(sets.flatMap(({ questions }) => questions.flatMap(pairsOf)));
  const { data, shape } = await embed(distinct);
  const [count, dimension = 0] = shape;
  if (count !== distinct.length) {
    throw new RangeError(`${distinct.length} pairs went in, ${count} embeddings came out`);
  }
  const similarity = options.similarity ?? cosine;
  let next = 0;
  /** Embeddings in the order in which the pairs stand in the questions. */
  const nextEmbedding = (): Float32Array => {
    const row = rows[next] as number;
    next++;
    return data.subarray(row * dimension, (row + 1) * dimension);
  };
  const answered = sets.map(({ set, split, questions }) =>
    questions.map((question, index): AnalogyPrediction => {
      const stem = nextEmbedding();
      const scores = question.choices.map(() => similarity(stem, nextEmbedding()));
      const predicted = firstMaximum(scores);
      return { set, split, index, question, scores, predicted, correct: predicted === question.answer };
    }),
  );
  const results = sets.map(({ set, split, questions }, i): AnalogyResult => {
    const correct = answered[i]?.filter((prediction) => prediction.correct).length ?? 0;
    return { set, split, questions: questions.length, correct, accuracy: correct / questions.length };
  });
  const macroAverage = results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length;
  return { results, predictions: answered.flat(), macroAverage };
}

/** Stem and choices of a question. */
function pairsOf({ stem, choices }: AnalogyQuestion): WordPair[] {
  return [stem, ...choices];
}

/** The index of the greatest score, the first of equals; a score that is no number never wins over one that is. */
export function firstMaximum(scores: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) {
    const [score, leader] = [scores[i] as number, scores[best] as number];
    if (score > leader || (Number.isNaN(leader) && !Number.isNaN(score))) best = i;
  }
  return best;
}
