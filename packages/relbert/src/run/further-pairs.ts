/** Pairs that only a teacher compares. */
import { CARRIED_DATA } from '../data/carried.ts';
import { NoRelationError, withoutRelations } from '../data/exclude.ts';
import type { PairSet } from '../data/pair-set.ts';
import { parseRelationSets, type RelationSet } from '../data/relation-set.ts';
import { readPackageData } from '../node/package-data.ts';
import { basename } from '../node/path.ts';
import { readBytes } from '../node/read-file.ts';
import { pairFileFormat, parsePairBytes } from '../pair/pair-file.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { DataError } from '../text/data-error.ts';
import { UNLABELLED_PAIRS } from '../train/recipe.ts';

/**
 * Pairs for the teacher alone: files of relations (`.jsonl` with "relation", tab-separated with three fields or more)
 * or of pairs, or `package/unlabelled`. All pairs of a pairs file are one relation without a name of its own.
 */
export async function readFurtherPairs(files: readonly string[]): Promise<RelationSet[]> {
  const sets: RelationSet[] = [];
  for (const name of files) {
    const { file, bytes } = await readPairBytes(name);
    const first = new TextDecoder().decode(bytes.subarray(0, 4096)).split('\n', 1)[0] ?? '';
    if (/^\uFEFF?\s*\{.*"relation"/.test(first) || first.split('\t').length > 2) {
      sets.push(...parseRelationSets({ file, text: new TextDecoder().decode(bytes) }));
    } else {
      const positives = parsePairBytes(bytes, { file, format: pairFileFormat(file) });
      if (positives.length === 0) throw new DataError(file, undefined, 'holds no pair');
      sets.push({ relation: basename(file), parent: undefined, aliases: [], positives, negatives: [] });
    }
  }
  return sets;
}

/** The bytes of a file, or of pairs that the package carries (`package/unlabelled`). */
async function readPairBytes(name: string): Promise<{ file: string; bytes: Uint8Array }> {
  if (name !== UNLABELLED_PAIRS) return { file: name, bytes: await readBytes(name) };
  const { file, text } = await readPackageData(CARRIED_DATA.unlabelledPairs);
  return { file, bytes: new TextEncoder().encode(text) };
}

/**
 * The pairs that are left without relations (by name or category) and without pairs (in either order). A relation
 * may keep a single pair: a teacher needs no second one of it.
 * @throws NoRelationError where there were pairs and none is left
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
