/**
 * Analogy questions (Ushio et al. 2021, section 4.1): the choice whose relation embedding is most similar to the
 * stem's is the answer; the figure is accuracy. Pure: what embeds the pairs is handed in, so that a relation encoder,
 * word vectors and baselines are judged by the same code.
 */
import type { AnalogyQuestion } from '../data/analogy.ts';
import { cosine } from '../encoder/embeddings.ts';
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
  const distinct = new PairRows();
  for (const { questions } of sets) for (const pair of questions.flatMap(pairsOf)) distinct.add(pair);
  const { pairs } = distinct;
  const { data, shape } = await embed(pairs);
  const [rows, dimensions = 0] = shape;
  if (rows !== pairs.length) throw new RangeError(`${pairs.length} pairs went in, ${rows} embeddings came out`);
  const embedding = (pair: WordPair): Float32Array => {
    const row = distinct.row(pair);
    return data.subarray(row * dimensions, (row + 1) * dimensions);
  };
  const similarity = options.similarity ?? cosine;
  const answered = sets.map(({ set, split, questions }) =>
    questions.map((question, index): AnalogyPrediction => {
      const stem = embedding(question.stem);
      const scores = question.choices.map((choice) => similarity(stem, embedding(choice)));
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

/** The rows of distinct pairs, compared by structure: no joined key can collide. */
class PairRows {
  readonly pairs: WordPair[] = [];
  readonly #rows = new Map<string, Map<string, number>>();

  add(pair: WordPair): void {
    const tails = this.#rows.get(pair.head) ?? new Map<string, number>();
    if (tails.has(pair.tail)) return;
    this.#rows.set(pair.head, tails.set(pair.tail, this.pairs.length));
    this.pairs.push(pair);
  }

  row({ head, tail }: WordPair): number {
    return this.#rows.get(head)?.get(tail) as number;
  }
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
