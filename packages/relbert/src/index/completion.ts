/** Completes an analogy from a list of words: hot is to cold as big is to ...? */
import { cosine } from '../encoder/embeddings.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import { wordsOf } from './row-keys.ts';

/** Vectors of words, of length 1 or all zeros: float32 [n, E]. */
export interface WordTable {
  /** Those that may be answers, then words that occur in questions only. */
  readonly words: readonly string[];
  /** How many may be answers. */
  readonly answers: number;
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
  /** −2.5 to 2.5. */
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
  readonly top?: number;
  /** Words that are encoded: those that are most like the question by the words alone. Default 1000. */
  readonly candidates?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Weights of the three parts of the score, chosen on the validation questions of Google and BATS. */
const crossWeight = 0.5;
const offsetWeight = 1;

/**
 * The words that complete an analogy best. A word d has for "a is to b as c is to d" the score cos(a:b, c:d) +
 * cos(a:c, b:d) / 2 + cos(d, b + c − a): the relation, the analogy read the other way, and the words alone. Words of the
 * question are not answers.
 *
 * @throws RangeError where no word may be an answer
 */
export async function completeAnalogy(
  question: AnalogyToComplete,
  table: WordTable,
  encode: EncodePairs,
  { top = 10, candidates = 1000, signal }: CompletionOptions = {},
): Promise<Completion[]> {
  const { example, word } = question;
  const { head, tail } = example;
  const likely = likelyAnswers(question, table, candidates);
  if (likely.length === 0) throw new RangeError('no word is left that may be an answer: take a longer list of words');
  const embed = async (pairs: readonly WordPair[]): Promise<(at: number) => Float32Array> => {
    signal?.throwIfAborted();
    const { data } = await encode(pairs);
    const dimension = data.length / pairs.length;
    return (at) => data.subarray(at * dimension, (at + 1) * dimension);
  };
  const given = await embed([example, { head, tail: word }]);
  const across = await embed(likely.map((answer) => ({ head: word, tail: answer.word })));
  const down = await embed(likely.map((answer) => ({ head: tail, tail: answer.word })));
  const turn = eventLoopTurns();
  const scored: Completion[] = [];
  for (const [i, { word: answer, offset }] of likely.entries()) {
    const score = cosine(given(0), across(i)) + crossWeight * cosine(given(1), down(i)) + offsetWeight * offset;
    scored.push({ word: answer, score });
    await turn();
  }
  return scored.sort((a, b) => b.score - a.score).slice(0, top);
}

/** The `count` words that are most like the word that is asked for and the tail of the example taken together. */
function likelyAnswers(
  question: AnalogyToComplete,
  { words, answers, data, dimension }: WordTable,
  count: number,
): { readonly word: string; readonly offset: number }[] {
  const may = mayAnswer(question);
  const places = new Map(words.map((word, at) => [word.toLowerCase(), at]));
  const sum = (...parts: readonly (readonly [word: string, weight: number])[]): Float32Array => {
    const total = new Float32Array(dimension);
    for (const [word, weight] of parts) {
      const start = (places.get(word.toLowerCase()) ?? Number.NaN) * dimension;
      for (let d = 0; d < dimension; d++) total[d] = (total[d] as number) + weight * (data[start + d] ?? 0);
    }
    return total;
  };
  const { head, tail } = question.example;
  const near = sum([question.word, 1], [tail, 1]);
  const target = sum([question.word, 1], [tail, 1], [head, -1]);
  const seen = new Set<string>();
  return words
    .slice(0, answers)
    .map((word, at) => ({ word, vector: data.subarray(at * dimension, (at + 1) * dimension) }))
    .filter(({ word }) => may(word) && seen.size < seen.add(word.toLowerCase()).size)
    .map(({ word, vector }) => ({ word, vector, near: cosine(near, vector) }))
    .sort((a, b) => b.near - a.near)
    .slice(0, count)
    .map(({ word, vector }) => ({ word, offset: cosine(target, vector) }));
}
