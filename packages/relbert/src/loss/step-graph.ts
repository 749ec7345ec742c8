import { add, gather, input, type Shape, type Tensor } from '../graph/index.ts';
import type { AnchorPositives, Items } from './items.ts';
import { LOSS_INPUTS, type TripleSource } from './loss-inputs.ts';
import { selectRows } from './rows.ts';

/** Embeddings of drawn triples, row by row: float32 [M, H] each. */
export interface TripleRows {
  readonly anchors: Tensor;
  readonly positives: Tensor;
  readonly negatives: Tensor;
}

export interface StepGraphOptions {
  /** float32 [N, H]: the embeddings of the step's distinct pairs. */
  readonly embeddings: Tensor;
  readonly triples: TripleSource;
  /** float32 [N, E]: those of the teacher. */
  readonly teacher: Tensor | undefined;
}

/** What losses build their graphs from: embeddings of one step, chosen by the inputs of {@link LOSS_INPUTS}. */
export class StepGraph {
  readonly embeddings: Tensor;
  readonly triples: TripleSource;
  readonly #teacher: Tensor | undefined;
  readonly #parameters = new Map<string, Tensor>();

  constructor({ embeddings, triples, teacher }: StepGraphOptions) {
    this.embeddings = embeddings;
    this.triples = triples;
    this.#teacher = teacher;
  }

  /** H, the dimension of the embeddings. */
  get size(): number {
    return this.embeddings.shape[1] as number;
  }

  /** @throws RangeError where there is no teacher */
  get teacher(): Tensor {
    if (!this.#teacher) throw new RangeError("the loss 'similarity' needs a teacher");
    return this.#teacher;
  }

  /** A weight of a loss, float32, trained with the encoder. Losses that ask for the same name share it. */
  parameter(name: string, shape: Shape): Tensor {
    const parameter = this.#parameters.get(name) ?? input(name, 'float32', shape);
    this.#parameters.set(name, parameter);
    return parameter;
  }

  get parameters(): readonly Tensor[] {
    return [...this.#parameters.values()];
  }

  get items(): Items {
    const pair = this.#property('pair');
    return {
      embeddings: selectRows(this.embeddings, pair),
      pair,
      relation: this.#property('relation'),
      category: this.#property('category'),
      positive: input(LOSS_INPUTS.items.positive, 'float32', ['I']),
      head: this.#property('head'),
      tail: this.#property('tail'),
    };
  }

  /**
   * The loss of anchors and positives (within relations, or between the relations of a category); where `symmetric`,
   * plus that of the two exchanged.
   */
  ofAnchors(
    level: 'relation' | 'category',
    { symmetric }: { readonly symmetric: boolean },
    loss: (places: AnchorPositives) => Tensor,
  ): Tensor {
    const dimension = level === 'relation' ? 'M' : 'K';
    const anchors = input(LOSS_INPUTS[level].anchors, 'int64', [dimension]);
    const positives = input(LOSS_INPUTS[level].positives, 'int64', [dimension]);
    const value = loss({ anchors, positives });
    return symmetric ? add(value, loss({ anchors: positives, positives: anchors })) : value;
  }

  /** The embeddings of the step's drawn triples. */
  drawn(level: 'relation' | 'category', { anchors, positives }: AnchorPositives): TripleRows {
    const negatives = input(LOSS_INPUTS[level].negatives, 'int64', anchors.shape);
    return { anchors: this.rows(anchors), positives: this.rows(positives), negatives: this.rows(negatives) };
  }

  /** Anchors and the negatives of their relations, all that are among the items: float32 [L, H] each. */
  contrasts(): { readonly anchors: Tensor; readonly negatives: Tensor } {
    const { anchors, negatives } = LOSS_INPUTS.contrast;
    return {
      anchors: this.rows(input(anchors, 'int64', ['L'])),
      negatives: this.rows(input(negatives, 'int64', ['L'])),
    };
  }

  /** Embeddings [M, H] of items by place [M]. */
  rows(places: Tensor): Tensor {
    return selectRows(this.embeddings, gather(this.#property('pair'), places));
  }

  /** int64 [M]: the relations of items by place [M]. */
  relations(places: Tensor): Tensor {
    return gather(this.#property('relation'), places);
  }

  #property(name: 'pair' | 'relation' | 'category' | 'head' | 'tail'): Tensor {
    return input(LOSS_INPUTS.items[name], 'int64', ['I']);
  }
}
