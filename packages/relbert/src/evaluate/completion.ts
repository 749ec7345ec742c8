/** Completed analogies as questions with any word of a list for an answer, beside 3CosAdd (Mikolov et al. 2013). */
import { Random } from '../data/random.ts';
import type { RelationSet } from '../data/relation-set.ts';
import { cosine, unitRows } from '../encoder/embeddings.ts';
import type { AnalogyToComplete } from '../index/completion.ts';
import type { WordPair } from '../pair/word-pair.ts';

export interface CompletionQuestion extends AnalogyToComplete {
  readonly relation: string;
  /** All right answers but for words of the question, which no method gives; in lower case. */
  readonly answers: ReadonlySet<string>;
}

export interface CompletionFigures {
  /** Share of questions whose first answer is right. */
  readonly accuracy1: number;
  /** Share of questions with a right answer among the first five. */
  readonly accuracy5: number;
}

/**
 * Questions of each relation: two of its pairs with different heads, drawn at random. All tails that the relation has for
 * the second head are right, but for words of the question: a pair without any other answer (crow:black beside grapes:black)
 * is asked for by another example, or not at all.
 *
 * @throws RangeError where no relation has pairs with different heads of which one asks for the other
 */
export function drawCompletionQuestions(
  relations: readonly Pick<RelationSet, 'relation' | 'positives'>[],
  { questions = 10, seed = 0 }: { readonly questions?: number; readonly seed?: number } = {},
): CompletionQuestion[] {
  const drawn = relations.flatMap(({ relation, positives }, r) => {
    const random = new Random(seed * 1_000_003 + r);
    return random
      .shuffle([...positives])
      .slice(0, questions)
      .flatMap((asked): CompletionQuestion[] => {
        const word = asked.head;
        const right = positives.filter(({ head }) => head === word).map(({ tail }) => tail.toLowerCase());
        const answersBy = (example: WordPair): string[] => {
          const given = wordsGiven({ example, word });
          return right.filter((answer) => !given.has(answer));
        };
        const others = positives.filter(({ head }) => head !== word);
        if (others.every((pair) => answersBy(pair).length === 0)) return [];
        let { head, tail } = random.choice(others);
        while (answersBy({ head, tail }).length === 0) ({ head, tail } = random.choice(others));
        const example = { head, tail };
        return [{ relation, example, word, answers: new Set(answersBy(example)) }];
      });
  });
  if (drawn.length === 0) {
    throw new RangeError(
      'no relation has two pairs with different heads and an answer that the question does not give',
    );
  }
  return drawn;
}

/** The words of a question, in lower case. */
function wordsGiven({ example, word }: AnalogyToComplete): ReadonlySet<string> {
  return new Set([example.head, example.tail, word].map((given) => given.toLowerCase()));
}

/** @param ranked The words that were found for each question, the best first. */
export function completionFigures(
  questions: readonly CompletionQuestion[],
  ranked: readonly (readonly string[])[],
): CompletionFigures {
  const within = (count: number): number =>
    questions.filter(({ answers }, q) => ranked[q]?.slice(0, count).some((word) => answers.has(word.toLowerCase())))
      .length / questions.length;
  return { accuracy1: within(1), accuracy5: within(5) };
}

/**
 * The five words with the greatest cosine to tail − head + word; the words of the question are left out. None where a word
 * of the question has no vector.
 */
export function threeCosAdd(
  { example, word }: AnalogyToComplete,
  words: readonly string[],
  vectorOf: (word: string) => Float32Array | undefined,
): string[] {
  const [a, b, c] = [example.head, example.tail, word]
    .map(vectorOf)
    .map((vector) => vector && unitRows(vector, vector.length));
  if (!a || !b || !c) return [];
  const target = c.map((value, d) => value + (b[d] as number) - (a[d] as number));
  const given = wordsGiven({ example, word });
  const scored = words.flatMap((candidate) => {
    const vector = given.has(candidate.toLowerCase()) ? undefined : vectorOf(candidate);
    if (!vector) return [];
    return [{ candidate, score: cosine(target, vector) }];
  });
  return scored
    .sort((x, y) => y.score - x.score)
    .slice(0, 5)
    .map(({ candidate }) => candidate);
}
