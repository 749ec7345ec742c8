import { parsePairBytes } from '../pair/pair-file.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { DataFile } from '../text/data-error.ts';
import { parseRelationLines } from './relation-set.ts';

/** The data that the package carries, by path in its `data/` folder (see data/README.md). */
export const CARRIED_DATA = {
  /** All rated pairs of SemEval-2012 Task 2: `parseSemEvalPack`. They overlap a little with evaluation data, as in the paper. */
  semEval: 'semeval2012.json',
  /**
   * The training pairs of the default recipe: `parseRelationLines`. No pair of any public analogy or lexical relation
   * set that we had when we built them is among them.
   */
  trainingPairs: ['training-pairs/semeval2012.jsonl', 'training-pairs/wordnet.jsonl', 'training-pairs/countries.jsonl'],
  /** SemEval's relations once more, with hard negatives of heads or tails alone after those that are rated low. */
  crossedSemEval: 'training-pairs/semeval2012-crossed.jsonl',
  /**
   * The relations that lexical relation sets ask about (hypernym, part, sibling, antonym ...), over words that stand in
   * several of them: pairs that share a word and differ in their relation. Evaluation pairs are excluded.
   */
  lexical: 'training-pairs/lexical.jsonl',
  /** Pairs without relations that a teacher compares, tab-separated; evaluation pairs are excluded in the same way. */
  unlabelledPairs: 'training-pairs/unlabelled.tsv',
} as const;

/** The pairs of a file that the package carries: those of each relation with its name as a column, or pairs alone. */
export function pairsOfCarried(data: DataFile): WordPair[] {
  if (data.file.endsWith('.tsv')) return parsePairBytes(new TextEncoder().encode(data.text), { file: data.file });
  return parseRelationLines(data).flatMap(({ relation, positives }) =>
    positives.map(({ head, tail }) => ({ head, tail, columns: { relation } })),
  );
}
