/** Names of the inputs of a loss graph besides the embeddings. */
export const LOSS_INPUTS = {
  items: {
    ...{ pair: 'items.pair', relation: 'items.relation', category: 'items.category', positive: 'items.positive' },
    ...{ head: 'items.head', tail: 'items.tail' },
  },
  /** Triples within relations, as places among the items. */
  relation: { anchors: 'relation.anchors', positives: 'relation.positives', negatives: 'relation.negatives' },
  /** Triples between the relations of a category. */
  category: { anchors: 'category.anchors', positives: 'category.positives', negatives: 'category.negatives' },
  /** Anchors with the negatives of their relation. */
  contrast: { anchors: 'contrast.anchors', negatives: 'contrast.negatives' },
  teacher: 'teacher',
} as const;

/** Where triples come from: drawn with the batch, or all triples among its items. */
export type TripleSource = 'drawn' | 'all';

/** A word pair as a member of a relation in one step. */
export interface LossItem {
  /** Its place among the step's distinct pairs, whose embeddings are the rows [N, H]. */
  readonly pair: number;
  /** −1: none. */
  readonly relation: number;
  /** −1: none. */
  readonly category: number;
  readonly positive: boolean;
  /** Numbers of its two words among those of the step; without them it shares no word. */
  readonly words?: readonly [head: number, tail: number];
}

/** Drawn triples, as places among the items. */
export interface ItemTriples {
  readonly anchors: ArrayLike<number>;
  readonly positives: ArrayLike<number>;
  readonly negatives: ArrayLike<number>;
}

export interface LossBatch {
  readonly items: readonly LossItem[];
  /** Required for losses on 'drawn' triples. */
  readonly triples?: { readonly relation: ItemTriples; readonly category: ItemTriples } | undefined;
}

/** A value to feed to a graph. */
export type LossFeed =
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array };

/**
 * The inputs of the graph of `objective` for one batch, by name, without the embeddings and the teacher's. Feed those
 * that the graph has: a loss uses only some of them.
 *
 * With 'all', anchors and positives are all ordered pairs of two different positives of one relation (and of two
 * relations of one category).
 *
 * @throws RangeError for 'drawn' where the batch has no triples
 */
export function lossFeeds({ items, triples }: LossBatch, source: TripleSource): Record<string, LossFeed> {
  const feeds: Record<string, LossFeed> = {
    [LOSS_INPUTS.items.pair]: integers(items.map(({ pair }) => pair)),
    [LOSS_INPUTS.items.relation]: integers(items.map(({ relation }) => relation)),
    [LOSS_INPUTS.items.category]: integers(items.map(({ category }) => category)),
    [LOSS_INPUTS.items.head]: integers(items.map(({ words }) => words?.[0] ?? -1)),
    [LOSS_INPUTS.items.tail]: integers(items.map(({ words }) => words?.[1] ?? -1)),
    [LOSS_INPUTS.items.positive]: {
      dtype: 'float32',
      shape: [items.length],
      data: Float32Array.from(items, ({ positive }) => (positive ? 1 : 0)),
    },
  };
  if (source === 'drawn') {
    if (!triples) throw new RangeError('the batch has no drawn triples');
    for (const level of ['relation', 'category'] as const) {
      for (const role of ['anchors', 'positives', 'negatives'] as const) {
        feeds[LOSS_INPUTS[level][role]] = integers(triples[level][role]);
      }
    }
    return feeds;
  }
  const all = allPairs(items);
  feeds[LOSS_INPUTS.relation.anchors] = integers(all.relation.map(([anchor]) => anchor));
  feeds[LOSS_INPUTS.relation.positives] = integers(all.relation.map(([, positive]) => positive));
  feeds[LOSS_INPUTS.category.anchors] = integers(all.category.map(([anchor]) => anchor));
  feeds[LOSS_INPUTS.category.positives] = integers(all.category.map(([, positive]) => positive));
  feeds[LOSS_INPUTS.contrast.anchors] = integers(all.contrast.map(([anchor]) => anchor));
  feeds[LOSS_INPUTS.contrast.negatives] = integers(all.contrast.map(([, negative]) => negative));
  return feeds;
}

type Place = readonly [anchor: number, other: number];

function allPairs(items: readonly LossItem[]): Record<'relation' | 'category' | 'contrast', Place[]> {
  const pairs = { relation: [] as Place[], category: [] as Place[], contrast: [] as Place[] };
  for (const [anchor, a] of items.entries()) {
    if (!a.positive || a.relation < 0) continue;
    for (const [other, b] of items.entries()) {
      if (b.pair === a.pair) continue;
      if (b.relation === a.relation) (b.positive ? pairs.relation : pairs.contrast).push([anchor, other]);
      else if (b.positive && a.category >= 0 && b.category === a.category) pairs.category.push([anchor, other]);
    }
  }
  return pairs;
}

function integers(values: ArrayLike<number>): LossFeed {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(Array.from(values), BigInt) };
}
