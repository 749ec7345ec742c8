/** Completes an analogy from a list of words: hot is to cold as big is to ...? */
import { cosine } from '../encoder/embeddings.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';

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
  /** −2 to 2. */
  readonly score: number;
}

/** Embeddings of pairs [n, D], as `RelationEncoder.encode` gives them. */
export type EncodePairs = (pairs: readonly WordPair[]) => Promise<{ readonly data: Float32Array }>;

/** Whether a word may be an answer: words of the question are none, without regard to case. */
function mayAnswer({ example, word }: AnalogyToComplete): (candidate: string) => boolean {
  const asked = new Set([example.head, example.tail, word].map((own) => own.toLowerCase()));
  return (candidate) => !asked.has(candidate.toLowerCase());
}

/**
 * The `count` words that are most like the word that is asked for and the tail of the example taken together, by the
 * words alone: a cheap choice of what is worth encoding.
 */
export function likelyAnswers(question: AnalogyToComplete, table: WordTable, count: number): string[] {
  const { words, data, dimension } = table;
  const may = mayAnswer(question);
  const places = new Map(words.map((word, at) => [word.toLowerCase(), at]));
  const wanted = new Float32Array(dimension);
  for (const word of [question.word, question.example.tail]) {
    const at = places.get(word.toLowerCase());
    if (at !== undefined)
      for (let d = 0; d < dimension; d++) wanted[d] = (wanted[d] as number) + (data[at * dimension + d] as number);
  }
  return words
    .slice(0, table.answers)
    .map((word, at) => ({ word, score: dotAt(data, at * dimension, wanted) }))
    .filter(({ word }) => may(word))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ word }) => word);
}

function dotAt(data: Float32Array, start: number, other: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < other.length; d++) sum += (data[start + d] as number) * (other[d] as number);
  return sum;
}

export interface CompletionOptions {
  /** Answers. Default 10. */
  readonly top?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The candidates that complete an analogy best. A candidate d for "a is to b as c is to d" has the score cos(a:b, c:d) +
 * cos(a:c, b:d): an analogy holds both ways. Words of the question are no answers.
 *
 * @throws RangeError where no candidate is left
 */
export async function completeAnalogy(
  question: AnalogyToComplete,
  candidates: readonly string[],
  encode: EncodePairs,
  { top = 10, signal }: CompletionOptions = {},
): Promise<Completion[]> {
  const { example, word } = question;
  const { head, tail } = example;
  const words = [...new Set(candidates)].filter(mayAnswer(question));
  if (words.length === 0) throw new RangeError('no word is left that may be an answer: take a longer list of words');
  const embed = async (pairs: readonly WordPair[]): Promise<(at: number) => Float32Array> => {
    signal?.throwIfAborted();
    const { data } = await encode(pairs);
    const dimension = data.length / pairs.length;
    return (at) => data.subarray(at * dimension, (at + 1) * dimension);
  };
  const given = await embed([example, { head, tail: word }]);
  const across = await embed(words.map((answer) => ({ head: word, tail: answer })));
  const down = await embed(words.map((answer) => ({ head: tail, tail: answer })));
  const turn = eventLoopTurns();
  const scored: Completion[] = [];
  for (const [i, answer] of words.entries()) {
    scored.push({ word: answer, score: cosine(given(0), across(i)) + cosine(given(1), down(i)) });
    await turn();
  }
  return scored.sort((a, b) => b.score - a.score).slice(0, top);
}
