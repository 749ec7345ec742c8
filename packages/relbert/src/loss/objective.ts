import { add, gather, input, mul, scalar, type Tensor } from '../graph/index.ts';
import { allCategoryLoss, categoryTripletLoss } from './category.ts';
import { type ClassificationHead, classificationHead, classificationLoss } from './classification.ts';
import { flattenedTripletLoss } from './flattened.ts';
import { allInBatchLoss, inBatchTripletLoss } from './in-batch.ts';
import { infoLoobLoss } from './info-loob.ts';
import { infoNceLoss } from './info-nce.ts';
import type { Items } from './items.ts';
import { LOSS_INPUTS, type TripleSource } from './loss-inputs.ts';
import { selectRows } from './rows.ts';
import { similarityLoss } from './similarity.ts';
import type { LossTerm } from './terms.ts';
import { allTripletLoss, type TripleRows, tripletLoss } from './triplet.ts';

export interface ObjectiveOptions {
  /** Added up, each with its weight. One or more. */
  readonly terms: readonly LossTerm[];
  /** H, the dimension of the embeddings. */
  readonly size: number;
  /** E, the dimension of the teacher's embeddings; needed for the loss 'similarity'. */
  readonly teacherSize?: number;
  /** 'drawn': the triples of the batch, as the paper draws them; 'all': every triple among its items. */
  readonly triples: TripleSource;
}

/** A weighted sum of losses as a graph. */
export interface Objective {
  /** float32 [N, H], a graph input: the embeddings of the step's distinct prompts. */
  readonly embeddings: Tensor;
  /** Σ weight · loss, float32 []. */
  readonly loss: Tensor;
  /** Each loss by name, without its weight; a name used twice gets a number. */
  readonly parts: Readonly<Record<string, Tensor>>;
  /** Parameters trained with the encoder: `head.weight` [3 H] and `head.bias` [1], where there is a classification. */
  readonly head: readonly Tensor[];
}

/**
 * The weighted sum of losses over the embeddings of one step. Its other inputs are those of {@link lossFeeds}; those
 * that the chosen losses do not use are not in the graph.
 *
 * Throws RangeError for no loss at all, or a similarity without the teacher's size.
 */
export function objective({ terms, size, teacherSize, triples }: ObjectiveOptions): Objective {
  if (terms.length === 0) throw new RangeError('a training objective needs one loss or more');
  const embeddings = input('embeddings', 'float32', ['N', size]);
  const classification = terms.find((term) => term.name === 'classification');
  const head = classification && classificationHead(size, { bias: classification.bias });
  const teacher = teacherSize === undefined ? undefined : input(LOSS_INPUTS.teacher, 'float32', ['N', teacherSize]);
  const step = new StepGraph(embeddings, triples, head, teacher);
  const parts: Record<string, Tensor> = {};
  let loss: Tensor | undefined;
  for (const term of terms) {
    const part = step.loss(term);
    parts[partName(term.name, parts)] = part;
    const weighted = term.weight === 1 ? part : mul(part, scalar(term.weight));
    loss = loss ? add(loss, weighted) : weighted;
  }
  const parameters = head ? [head.weight, ...(head.bias ? [head.bias] : [])] : [];
  return { embeddings, loss: loss as Tensor, parts, head: parameters };
}

function partName(name: string, taken: Readonly<Record<string, Tensor>>): string {
  let number = 1;
  while ((number === 1 ? name : `${name}-${number}`) in taken) number += 1;
  return number === 1 ? name : `${name}-${number}`;
}

/** Rows of one step, by the names of the inputs that choose them. */
class StepGraph {
  readonly #embeddings: Tensor;
  readonly #triples: TripleSource;
  readonly #head: ClassificationHead | undefined;
  readonly #teacher: Tensor | undefined;

  constructor(
    embeddings: Tensor,
    triples: TripleSource,
    head: ClassificationHead | undefined,
    teacher: Tensor | undefined,
  ) {
    this.#embeddings = embeddings;
    this.#triples = triples;
    this.#head = head;
    this.#teacher = teacher;
  }

  loss(term: LossTerm): Tensor {
    switch (term.name) {
      case 'triplet':
        return this.#both(term, (anchors, positives) =>
          this.#triples === 'all'
            ? allTripletLoss(this.#items, { anchors, positives }, term)
            : tripletLoss(this.#drawn(anchors, positives, LOSS_INPUTS.relation.negatives), term),
        );
      case 'in-batch':
        return this.#both(term, (anchors, positives) => this.#inBatch(anchors, positives, term));
      case 'category':
        return this.#both(
          term,
          (anchors, positives) =>
            this.#triples === 'all'
              ? allCategoryLoss(this.#items, { anchors, positives }, term)
              : categoryTripletLoss(this.#drawn(anchors, positives, LOSS_INPUTS.category.negatives), term),
          'category',
        );
      case 'classification':
        return this.#both(term, (anchors, positives) => this.#classification(anchors, positives, term));
      case 'infonce':
        return infoNceLoss(this.#items, term);
      case 'infoloob':
        return infoLoobLoss(this.#items, term);
      case 'similarity':
        return this.#similarity(term);
    }
  }

  /** The loss of anchors and positives, and where `symmetric`, added to it, that of the two exchanged. */
  #both(
    { symmetric }: { readonly symmetric: boolean },
    loss: (anchors: Tensor, positives: Tensor) => Tensor,
    level: 'relation' | 'category' = 'relation',
  ): Tensor {
    const dimension = level === 'relation' ? 'M' : 'K';
    const anchors = input(LOSS_INPUTS[level].anchors, 'int64', [dimension]);
    const positives = input(LOSS_INPUTS[level].positives, 'int64', [dimension]);
    return symmetric ? add(loss(anchors, positives), loss(positives, anchors)) : loss(anchors, positives);
  }

  /** The embeddings of the step's drawn triples. */
  #drawn(anchors: Tensor, positives: Tensor, negatives: string): TripleRows {
    const places = input(negatives, 'int64', anchors.shape);
    return { anchors: this.#rows(anchors), positives: this.#rows(positives), negatives: this.#rows(places) };
  }

  #inBatch(anchors: Tensor, positives: Tensor, term: LossTerm & { readonly name: 'in-batch' }): Tensor {
    if (this.#triples === 'all' && term.form === 'matrix') {
      return allInBatchLoss(this.#items, { anchors, positives }, term);
    }
    const rows = { anchors: this.#rows(anchors), positives: this.#rows(positives) };
    if (term.form === 'flattened') return flattenedTripletLoss(rows, term);
    return inBatchTripletLoss({ ...rows, relations: gather(this.#property('relation'), anchors) }, term);
  }

  #classification(anchors: Tensor, positives: Tensor, term: LossTerm & { readonly name: 'classification' }): Tensor {
    const head = this.#head as ClassificationHead;
    const rows = { anchors: this.#rows(anchors), positives: this.#rows(positives) };
    if (this.#triples === 'drawn') {
      const negatives = this.#rows(input(LOSS_INPUTS.relation.negatives, 'int64', ['M']));
      return classificationLoss({ ...rows, negatives }, head, term);
    }
    const { contrast } = LOSS_INPUTS;
    const negativeAnchors = this.#rows(input(contrast.anchors, 'int64', ['L']));
    const negatives = this.#rows(input(contrast.negatives, 'int64', ['L']));
    return classificationLoss({ ...rows, negativeAnchors, negatives }, head, term);
  }

  #similarity(term: LossTerm & { readonly name: 'similarity' }): Tensor {
    if (!this.#teacher) throw new RangeError("the loss 'similarity' needs a teacher");
    const { temperature, teacherTemperature = temperature } = term;
    return similarityLoss(this.#embeddings, this.#teacher, { temperature, teacherTemperature });
  }

  get #items(): Items {
    const pair = this.#property('pair');
    return {
      embeddings: selectRows(this.#embeddings, pair),
      pair,
      relation: this.#property('relation'),
      category: this.#property('category'),
      positive: input(LOSS_INPUTS.items.positive, 'float32', ['I']),
    };
  }

  /** Embeddings [M, H] of items by place [M]. */
  #rows(places: Tensor): Tensor {
    return selectRows(this.#embeddings, gather(this.#property('pair'), places));
  }

  #property(name: 'pair' | 'relation' | 'category'): Tensor {
    return input(LOSS_INPUTS.items[name], 'int64', ['I']);
  }
}
