/** Pairs that only a teacher compares. */
import { isBats, parseBats } from '../data/bats.ts';
import { NoRelationError, withoutRelations } from '../data/exclude.ts';
import type { PairSet } from '../data/pair-set.ts';
import { holdsRelations, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
import { isCarried, readCarriedPairs } from '../node/package-data.ts';
import { basename } from '../node/path.ts';
import { readText } from '../node/read-file.ts';
import { parsePairBytes } from '../pair/pair-file.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';

/**
 * Pairs for the teacher alone: files of relations, of BATS 3.0 or of pairs, or pairs that the package carries (`package/unlabelled`).
 * All pairs of a pairs file are a relation named after the file.
 */
export async function readFurtherPairs(
  files: readonly string[],
  onNotice?: (notice: string) => void,
): Promise<RelationSet[]> {
  const sets: RelationSet[][] = [];
  for (const name of files) {
    const data: DataFile = isCarried(name)
      ? await readCarriedPairs(name)
      : { file: name, text: await readText(name), onNotice };
    if (isBats(data.file)) sets.push([parseBats(data)]);
    else if (holdsRelations(data)) sets.push(parseRelationSets(data));
    else {
      const positives = parsePairBytes(new TextEncoder().encode(data.text), { file: data.file, onNotice });
      if (positives.length === 0) throw new DataError(name, undefined, 'holds no pair');
      sets.push([{ relation: basename(data.file), parent: undefined, aliases: [], positives, negatives: [] }]);
    }
  }
  return sets.flat();
}

/**
 * The pairs without excluded relations (by name or category) and without excluded pairs (in either order). A relation
 * may keep a single pair: a teacher does not need a second.
 * @throws NoRelationError where there were pairs and all are excluded
 */
export function withoutExcluded(
  further: readonly RelationSet[],
  excluded: { readonly relations: readonly string[]; readonly pairs: PairSet },
): { readonly relations: readonly RelationSet[]; readonly pairs: number } {
  let pairs = 0;
  const keep = (list: readonly WordPair[]) => {
    const kept = list.filter((pair) => !excluded.pairs.has(pair));
    pairs += list.length - kept.length;
    return kept;
  };
  const relations = withoutRelations(further, excluded.relations)
    .map((set) => ({ ...set, positives: keep(set.positives), negatives: keep(set.negatives) }))
    .filter(({ positives, negatives }) => positives.length + negatives.length > 0);
  if (further.length > 0 && relations.length === 0) {
    throw new NoRelationError('all pairs for the teacher (--pairs) are excluded: leave them out, or name others');
  }
  return { relations, pairs };
}
