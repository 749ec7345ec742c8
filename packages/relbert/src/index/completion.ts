/** Completes an analogy from a list of words: hot is to cold as big is to ...? */
import { cosine, unitRows } from '../encoder/embeddings.ts';
import { checkCount } from '../encoder/option-error.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { wordsOf } from './row-keys.ts';

/** Vectors of words, of length 1 or all zeros: float32 [n, E]. */
export interface WordTable {
  /** Those that may be answers, then words that occur in questions only. */
  readonly words: readonly string[];
  /** How many may be answers. */
  readonly answers: number;
  /** A vector of length 1, or zeros, for each word: [words, dimension]. */
  readonly data: Float32Array;
  readonly dimension: number;
}

export interface AnalogyToComplete {
  /** hot:cold */
  readonly example: WordPair;
  /** big */
  readonly word: string;
}

export interface Completion {
  readonly word: string;
  /** −3.5 to 3.5. */
  readonly score: number;
}

/** Embeddings of pairs [n, D], as `RelationEncoder.encode` gives them. */
export type EncodePairs = (pairs: readonly WordPair[]) => Promise<{ readonly data: Float32Array }>;

/** Whether a word may be an answer: not one of the question, nor a phrase with one, without regard to case. */
function mayAnswer({ example, word }: AnalogyToComplete): (candidate: string) => boolean {
  const asked = new Set([...wordsOf(example), ...wordsOf({ head: word, tail: word })]);
  return (candidate) => [...wordsOf({ head: candidate, tail: candidate })].every((part) => !asked.has(part));
}

export interface CompletionOptions {
  /** Answers. Default 10. */
  readonly top?: number | undefined;
  /** Words that are encoded: those that are most like the question by the words alone; Infinity: all. Default 1000. */
  readonly candidates?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Weight of the analogy read the other way; docs/complete.md says on which questions it was chosen. */
const crossWeight = 0.5;
/** Words that are compared in all three orders: the best by the first one. */
const finalists = 100;

/**
 * The words that complete an analogy best. A word d has for "a is to b as c is to d" the score cos(a:b, c:d) +
 * cos(b:a, d:c) + cos(a:c, b:d) / 2 + cos(d, b + c − a): the relation, in both directions, the analogy read the other way,
 * and the words alone. What the pairs of all candidates have in common is taken off before they are compared. Words of the
 * question are not answers.
 *
 * @throws OptionError for a number that is not whole or negative; RangeError where no word may be an answer
 */
export async function completeAnalogy(
  question: AnalogyToComplete,
  table: WordTable,
  encode: EncodePairs,
  { top = 10, candidates = 1000, signal }: CompletionOptions = {},
): Promise<Completion[]> {
  checkCount('top', top);
  if (candidates !== Infinity) checkCount('candidates', candidates);
  const { example, word } = question;
  const { head, tail } = example;
  const likely = likelyAnswers(question, table, candidates);
  if (likely.length === 0) throw new RangeError('no word is left that may be an answer: take a longer list of words');
  const compared = async (example: WordPair, pairs: readonly WordPair[]): Promise<number[]> => {
    signal?.throwIfAborted();
    return centredCosines((await encode([example, ...pairs])).data, pairs.length + 1);
  };
  const across = await compared(
    example,
    likely.map((answer) => ({ head: word, tail: answer.word })),
  );
  const best = likely
    .map((answer, i) => ({ word: answer.word, score: answer.offset + (across[i] as number) }))
    .sort((x, y) => y.score - x.score)
    .slice(0, Math.max(finalists, top));
  const back = await compared(
    { head: tail, tail: head },
    best.map((answer) => ({ head: answer.word, tail: word })),
  );
  const down = await compared(
    { head, tail: word },
    best.map((answer) => ({ head: tail, tail: answer.word })),
  );
  return best
    .map((answer, i) => ({
      word: answer.word,
      score: answer.score + (back[i] as number) + crossWeight * (down[i] as number),
    }))
    .sort((x, y) => y.score - x.score)
    .slice(0, top);
}

/**
 * Cosines of the first row with each further one, the mean direction of the further ones taken off: in most candidates
 * the word that their pairs share is stronger than the relation.
 */
function centredCosines(data: Float32Array, rows: number): number[] {
  const dimension = data.length / rows;
  const units = unitRows(data, dimension);
  const mean = new Float64Array(dimension);
  for (let at = dimension; at < units.length; at++)
    mean[at % dimension] = (mean[at % dimension] as number) + (units[at] as number) / (rows - 1);
  for (let at = 0; at < units.length; at++) units[at] = (units[at] as number) - (mean[at % dimension] as number);
  const vectorOf = (row: number): Float32Array => units.subarray(row * dimension, (row + 1) * dimension);
  return Array.from({ length: rows - 1 }, (_, i) => cosine(vectorOf(0), vectorOf(i + 1)));
}

/** The `count` words that are most like the word that is asked for and the tail of the example taken together. */
function likelyAnswers(
  question: AnalogyToComplete,
  { words, answers, data, dimension }: WordTable,
  count: number,
): { readonly word: string; readonly offset: number }[] {
  const may = mayAnswer(question);
  const placeOf = (word: string): number => {
    const sought = word.toLowerCase();
    return words.findLastIndex((listed) => listed.toLowerCase() === sought);
  };
  const sum = (...parts: readonly (readonly [word: string, weight: number])[]): Float32Array => {
    const total = new Float32Array(dimension);
    for (const [word, weight] of parts) {
      const place = placeOf(word);
      if (place < 0) continue;
      for (let d = 0; d < dimension; d++)
        total[d] = (total[d] as number) + weight * (data[place * dimension + d] as number);
    }
    return total;
  };
  const { head, tail } = question.example;
  const near = sum([question.word, 1], [tail, 1]);
  const target = sum([question.word, 1], [tail, 1], [head, -1]);
  const vectorOf = (at: number): Float32Array => data.subarray(at * dimension, (at + 1) * dimension);
  const nearness = new Float64Array(answers);
  for (let at = 0; at < answers; at++) {
    let product = 0;
    for (let d = 0; d < dimension; d++) product += (near[d] as number) * (data[at * dimension + d] as number);
    nearness[at] = product;
  }
  const ranked = Uint32Array.from(nearness.keys()).sort((a, b) => (nearness[b] as number) - (nearness[a] as number));
  const seen = new Set<string>();
  const likely: { word: string; offset: number }[] = [];
  for (const at of ranked) {
    if (likely.length === count) break;
    const word = words[at] as string;
    if (!may(word) || seen.size === seen.add(word.toLowerCase()).size) continue;
    likely.push({ word, offset: cosine(target, vectorOf(at)) });
  }
  return likely;
}
