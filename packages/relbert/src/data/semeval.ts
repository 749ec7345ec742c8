import * as z from 'zod';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { parseJson } from '../text/json.ts';
import { lineError, linesOf } from '../text/lines.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { describeIssues } from '../text/schema-path.ts';
import type { RelationSet } from './relation-set.ts';
import { SEMEVAL_RELATIONS, semEvalAliases } from './semeval-taxonomy.ts';

/** A word pair and how typical of its relation people find it: −100 (least) … 100 (most). */
export interface RatedPair extends WordPair {
  readonly rating: number;
}

/** The rated pairs of one SemEval-2012 Task 2 relation, in the order of the file. */
export interface RatedRelation {
  /** `1a` … `10f`. */
  readonly relation: string;
  readonly pairs: readonly RatedPair[];
}

/**
 * One ratings file of SemEval-2012 Task 2, `GoldRatings-1a.txt` or `Phase2AnswersScaled-1a.txt` (the Platinum
 * ratings, which the paper uses): lines `50.0 "weapon:spear"`, comments start with `#`. The relation is the file
 * name's last part.
 *
 * @throws DataError for: a name that ends in no relation, a line of another form, a pair rated twice, an empty file
 */
export function parseSemEvalRatings(data: DataFile): RatedRelation {
  const relation = /(?:^|[^0-9a-z])(\d{1,2}[a-j])(?:\.txt)?$/i.exec(data.file)?.[1]?.toLowerCase();
  if (!SEMEVAL_RELATIONS.some(({ id }) => id === relation)) {
    throw new DataError(data.file, undefined, 'the file name should end in a relation, as in GoldRatings-1a.txt');
  }
  const seen = new Map<string, number>();
  const pairs = linesOf(data)
    .filter((line) => !line.text.trimStart().startsWith('#'))
    .map((line): RatedPair => {
      const [, number = '', , words = ''] = /^\s*(\S+)\s+("?)(.*?)\2\s*$/.exec(line.text) ?? [];
      const rating = Number(number);
      const [head = '', tail = '', ...more] = words.split(':').map((word) => word.trim());
      if (number === '' || !Number.isFinite(rating) || head === '' || tail === '' || more.length > 0) {
        throw lineError(line, `expected a rating and a pair, as in 50.0 "weapon:spear", got '${line.text.trim()}'`);
      }
      const key = pairKey({ head, tail });
      const earlier = seen.get(key);
      if (earlier !== undefined) throw lineError(line, `'${words}' was already rated in line ${earlier}`);
      seen.set(key, line.number);
      return { head, tail, rating };
    });
  if (pairs.length === 0) throw new DataError(data.file, undefined, 'holds no rated pair');
  return { relation: relation as string, pairs };
}

const PACK = z.object({
  source: z.string(),
  licence: z.string(),
  relations: z.array(
    z.object({ relation: z.string(), pairs: z.array(z.tuple([z.number(), z.string(), z.string()])).min(1) }),
  ),
});

/** The compact copy of the ratings that the package carries, `data/semeval2012.json`. */
export function parseSemEvalPack({ file, text }: DataFile): RatedRelation[] {
  const value = parseJson(text, (problem) => new DataError(file, undefined, problem));
  const pack = PACK.safeParse(value);
  if (!pack.success) throw new DataError(file, undefined, describeIssues(PACK, pack.error.issues, value));
  return pack.data.relations.map(({ relation, pairs }) => ({
    relation,
    pairs: pairs.map(([rating, head, tail]) => ({ head, tail, rating })),
  }));
}

/** `data/semeval2012.json`: one relation a line. */
export function formatSemEvalPack(relations: readonly RatedRelation[]): string {
  const lines = relations.map(({ relation, pairs }) =>
    JSON.stringify({ relation, pairs: pairs.map(({ rating, head, tail }) => [rating, head, tail]) }),
  );
  const source =
    'Gold ratings of SemEval-2012 Task 2, Measuring Degrees of Relational Similarity ' +
    '(David Jurgens, Saif Mohammad, Peter Turney, Keith Holyoak, 2012); comments removed, otherwise unchanged';
  const licence = 'CC BY-SA 3.0, https://creativecommons.org/licenses/by-sa/3.0/';
  return `{"source": ${JSON.stringify(source)},\n"licence": ${JSON.stringify(licence)},\n"relations": [\n${lines.join(',\n')}\n]}\n`;
}

export interface SemEvalOptions {
  /** Positives of each relation: the pairs with the highest ratings. Default 10, as in the paper. */
  readonly top?: number | undefined;
  /** Negatives of each relation: the pairs with the lowest ratings. Default 10. */
  readonly bottom?: number | undefined;
}

/**
 * The relations with their most typical pairs as positives and their least typical as negatives (section 4.1 of the
 * paper). Among equal ratings the file's order decides.
 *
 * @throws RelbertError where a relation has too few pairs for both
 */
export function semEvalRelationSets(relations: readonly RatedRelation[], options: SemEvalOptions = {}): RelationSet[] {
  const { top = 10, bottom = 10 } = options;
  if (!Number.isInteger(top) || top < 2) throw new RangeError(`top should be an integer of at least 2, got ${top}`);
  if (!Number.isInteger(bottom) || bottom < 0) {
    throw new RangeError(`bottom should be an integer of at least 0, got ${bottom}`);
  }
  return relations.map(({ relation, pairs }): RelationSet => {
    if (pairs.length < top + bottom) {
      throw new RelbertError(
        `relation ${relation} has ${pairs.length} pairs, too few for top ${top} and bottom ${bottom}`,
      );
    }
    const byRating = pairs.toSorted((a, b) => b.rating - a.rating);
    const unrated = ({ head, tail }: RatedPair): WordPair => ({ head, tail });
    const taxon = SEMEVAL_RELATIONS.find(({ id }) => id === relation);
    return {
      relation,
      parent: taxon?.categoryId,
      aliases: taxon ? semEvalAliases(taxon) : [],
      positives: byRating.slice(0, top).map(unrated),
      negatives: byRating.slice(byRating.length - bottom).map(unrated),
    };
  });
}
