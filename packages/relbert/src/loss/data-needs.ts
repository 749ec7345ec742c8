import type { LossBatch, TripleSource } from './loss-inputs.ts';

/** A kind of data that a loss compares. */
export interface DataNeed {
  /** What is missing where no step has it, and what to change; follows "has nothing to learn from: ". */
  readonly missing: string;
  /** Its triples are drawn with the batch, or all among its items. */
  readonly triples?: true;
  /** The embeddings of a teacher are compared with the student's. */
  readonly teacher?: true;
  /** Whether a step has it. Where it has not, the loss is a constant without a gradient. */
  readonly isMet: (step: StepContents) => boolean;
}

/** What a step holds, as far as losses need it. */
interface StepContents {
  /** Distinct pairs. */
  readonly pairs: number;
  readonly relations: readonly Members[];
  /** Number of drawn triples of each level; undefined where losses take all triples among the items. */
  readonly drawn: { readonly relation: number; readonly category: number } | undefined;
}

/** The distinct pairs of one relation in a step. */
interface Members {
  readonly category: number;
  readonly positives: ReadonlySet<number>;
  readonly negatives: ReadonlySet<number>;
}

/** An anchor, its positive and a negative, all of one relation. */
export const RELATION_TRIPLES: DataNeed = {
  triples: true,
  missing:
    'no step draws two positives and a negative of one relation; use data with negatives and draw them (positives 2 and negatives 1 or more), or take another loss',
  isMet: ({ relations, drawn }) =>
    drawn ? drawn.relation > 0 : relations.some((relation) => isAnchored(relation) && relation.negatives.size > 0),
};

/** An anchor and its positive of one relation, and a positive of another. */
export const TWO_RELATIONS: DataNeed = {
  triples: true,
  missing:
    'no step draws two positives of one relation and one of another; draw more relations, with positives 2 or more',
  isMet: ({ relations, drawn }) =>
    drawn ? drawn.relation > 1 : relations.some(isAnchored) && relations.filter(hasPositives).length > 1,
};

/** Positives of two relations of one category, and a positive of another category. */
export const CATEGORY_TRIPLES: DataNeed = {
  triples: true,
  missing:
    'no step draws two relations of one category and one of another category; give the relations a parent, draw more relations, switch the triples at the category level on (sampling.category), or leave this loss out',
  isMet: ({ relations, drawn }) => {
    if (drawn) return drawn.category > 0;
    const sizes = new Map<number, number>();
    for (const { category } of relations.filter(hasPositives)) {
      if (category >= 0) sizes.set(category, (sizes.get(category) ?? 0) + 1);
    }
    return sizes.size > 1 && [...sizes.values()].some((size) => size > 1);
  },
};

/** An anchor and its positive of one relation, and any pair that is not a positive of it. */
export const CONTRASTS: DataNeed = {
  missing:
    'no step draws two positives of one relation with a pair of another relation or a negative; draw more relations, with positives 2 or more',
  isMet: ({ relations }) =>
    relations.some(isAnchored) &&
    (relations.filter(hasPositives).length > 1 || relations.some(({ negatives }) => negatives.size > 0)),
};

/** Three pairs or more (a softmax over a single other pair is always 1) and their teacher. */
export const TEACHER: DataNeed = {
  missing: 'no step draws more than two pairs; draw more of them',
  teacher: true,
  isMet: ({ pairs }) => pairs > 2,
};

function hasPositives({ positives }: Members): boolean {
  return positives.size > 0;
}

/** It has an anchor and a positive. */
function isAnchored({ positives }: Members): boolean {
  return positives.size > 1;
}

/** @param source As the losses take their triples; 'drawn' where the batch has them. */
export function contentsOf({ items, triples }: LossBatch, source: TripleSource): StepContents {
  const relations = new Map<number, { category: number; positives: Set<number>; negatives: Set<number> }>();
  for (const { pair, relation, category, positive } of items) {
    if (relation < 0) continue;
    const members = relations.get(relation) ?? { category, positives: new Set(), negatives: new Set() };
    relations.set(relation, members);
    (positive ? members.positives : members.negatives).add(pair);
  }
  return {
    pairs: new Set(items.map(({ pair }) => pair)).size,
    relations: [...relations.values()],
    drawn:
      source === 'all'
        ? undefined
        : {
            relation: triples?.relation.anchors.length ?? 0,
            category: triples?.category.anchors.length ?? 0,
          },
  };
}
