import { and, equal, gather, greaterOrEqual, greaterThan, not, or, type Tensor, unsqueeze } from '../graph/index.ts';
import { constant } from '../graph/tensor.ts';

/**
 * The I items of a step, each a word pair as a member of a relation. Losses on items compare any two of them: they use
 * every pair, triple or contrast among them.
 */
export interface Items {
  /** float32 [I, H]: the embedding of each item's word pair. */
  readonly embeddings: Tensor;
  /** int64 [I]: number of the word pair. Items with the same number are the same text and are never compared. */
  readonly pair: Tensor;
  /** int64 [I]: number of the relation, −1 for none; losses that use relations leave that item out. */
  readonly relation: Tensor;
  /** int64 [I]: number of the relation's category, −1 for none. */
  readonly category: Tensor;
  /** float32 [I]: 1 for a positive (the pair stands in its relation), 0 for a negative (it only seems to). */
  readonly positive: Tensor;
  /** int64 [I]: numbers of the pair's words among those of the step; −1: unknown, shared with no other. */
  readonly head: Tensor;
  readonly tail: Tensor;
}

/** Anchors with one of their positives, as places among the items: int64 [M] each. */
export interface AnchorPositives {
  readonly anchors: Tensor;
  readonly positives: Tensor;
}

/** Properties of the items in rows (of chosen items, or all) and in columns, for bool masks [rows, I]. */
export class ItemMasks {
  readonly #items: Items;
  readonly #rows: Tensor | undefined;

  /** @param rows int64 [M]: the items that the rows of the masks stand for. Default: all, so that masks are [I, I]. */
  constructor(items: Items, rows?: Tensor) {
    this.#items = items;
    this.#rows = rows;
  }

  /** Row and column are the same word pair. */
  get samePair(): Tensor {
    return this.#compare(this.#items.pair);
  }

  /** Row and column have a word in common, in whichever places. */
  get sharesWord(): Tensor {
    const { head, tail } = this.#items;
    const same = (row: Tensor, column: Tensor) =>
      and(equal(unsqueeze(this.#of(row), 1), unsqueeze(column, 0)), unsqueeze(atLeastZero(column), 0));
    return or(or(same(head, head), same(tail, tail)), or(same(head, tail), same(tail, head)));
  }

  get sameRelation(): Tensor {
    return this.#compare(this.#items.relation);
  }

  get sameCategory(): Tensor {
    return this.#compare(this.#items.category);
  }

  /** The column is a positive: [1, I]. */
  get positive(): Tensor {
    return unsqueeze(greaterThan(this.#items.positive, 0.5), 0);
  }

  /** The column has a relation: [1, I]. */
  get related(): Tensor {
    return unsqueeze(atLeastZero(this.#items.relation), 0);
  }

  /** The column has a category: [1, I]. */
  get categorised(): Tensor {
    return unsqueeze(atLeastZero(this.#items.category), 0);
  }

  /** The row can be an anchor: it is a positive of a relation. [rows, 1]. */
  get anchor(): Tensor {
    const positive = greaterThan(this.#of(this.#items.positive), 0.5);
    return unsqueeze(and(positive, atLeastZero(this.#of(this.#items.relation))), 1);
  }

  /** The column is another positive of the row's relation. */
  get isPositive(): Tensor {
    return and(and(this.anchor, this.sameRelation), and(this.positive, not(this.samePair)));
  }

  /** The column belongs to another relation, or is a negative of the row's. */
  get isNegative(): Tensor {
    const other = not(and(this.sameRelation, this.positive));
    return and(and(this.anchor, other), and(this.related, not(this.samePair)));
  }

  #of(property: Tensor): Tensor {
    return this.#rows ? gather(property, this.#rows) : property;
  }

  #compare(property: Tensor): Tensor {
    return equal(unsqueeze(this.#of(property), 1), unsqueeze(property, 0));
  }
}

function atLeastZero(property: Tensor): Tensor {
  return greaterOrEqual(property, constant(BigInt64Array.of(0n), []));
}
