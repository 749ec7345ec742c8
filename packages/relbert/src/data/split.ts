import type { WordPair } from '../pair/word-pair.ts';
import { PairSet } from './pair-set.ts';
import { Random } from './random.ts';
import { pairsOf, type RelationSet } from './relation-set.ts';

export interface SplitOptions {
  /** Share of each relation's positives, and of its negatives, that is kept for validation, in [0, 1). Default 0.2. */
  readonly validation?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Relations that are trained on whole. Default: none. */
  readonly further?: readonly RelationSet[];
}

/**
 * Training and validation pairs of each relation, 80/20 as in the paper (section 4.1).
 *
 * Drawn by relation from the seed and the relation's name, so that leaving out a relation does not change which pairs of
 * the others are trained on. A pair that is trained on in any relation, in either order, is not a validation pair of
 * another: give all relations of a run together. A relation without two positives on either side has no validation
 * pairs, and is missing there.
 */
export function splitRelations(
  relations: readonly RelationSet[],
  options: SplitOptions = {},
): { readonly train: RelationSet[]; readonly validation: RelationSet[] } {
  const { validation: share = 0.2, seed = 0, further = [] } = options;
  if (!(share >= 0 && share < 1)) throw new RangeError(`the validation share should lie in [0, 1), got ${share}`);
  const train: RelationSet[] = [];
  const held: RelationSet[] = [];
  for (const set of relations) {
    const random = new Random(seedOf(set.relation, seed));
    const draw = (pairs: readonly WordPair[]) => {
      const order = random.permutation(pairs.length);
      const held = new Set(order.slice(0, Math.round(share * pairs.length)));
      return [pairs.filter((_, i) => !held.has(i)), pairs.filter((_, i) => held.has(i))] as const;
    };
    const [positives, heldPositives] = draw(set.positives);
    const [negatives, heldNegatives] = draw(set.negatives);
    if (positives.length < 2 || heldPositives.length < 2) {
      train.push(set);
    } else {
      train.push({ ...set, positives, negatives });
      held.push({ ...set, positives: heldPositives, negatives: heldNegatives });
    }
  }
  const trained = new PairSet(pairsOf([...train, ...further]));
  const unseen = (pair: WordPair) => !trained.has(pair);
  const validation = held
    .map((set) => ({ ...set, positives: set.positives.filter(unseen), negatives: set.negatives.filter(unseen) }))
    .filter(({ positives }) => positives.length >= 2);
  return { train, validation };
}

/** {@link splitRelations} of the relations of all sources together. */
export function splitSources(
  sources: ReadonlyMap<string, readonly RelationSet[]>,
  options?: SplitOptions,
): { readonly train: Map<string, RelationSet[]>; readonly validation: RelationSet[] } {
  const { train: all, validation } = splitRelations([...sources.values()].flat(), options);
  const train = new Map([...sources].map(([source, { length }]) => [source, all.splice(0, length)]));
  return { train, validation };
}

/** FNV-1a over the name, mixed with the seed. */
function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
