import { add, input, mul, scalar, type Tensor } from '../graph/index.ts';
import { LOSS_INPUTS, type TripleSource } from './loss-inputs.ts';
import { buildLoss, type LossTerm } from './losses.ts';
import { StepGraph } from './step-graph.ts';

export interface ObjectiveOptions {
  /** Added up, each with its weight. One or more. */
  readonly terms: readonly LossTerm[];
  /** H, the dimension of the embeddings. */
  readonly size: number;
  /** E, the dimension of the teacher's embeddings; needed for the loss 'similarity'. */
  readonly teacherSize?: number | undefined;
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
 * @throws RangeError for no loss at all, or a similarity without the teacher's size
 */
export function objective({ terms, size, teacherSize, triples }: ObjectiveOptions): Objective {
  if (terms.length === 0) throw new RangeError('a training objective needs one loss or more');
  const embeddings = input('embeddings', 'float32', ['N', size]);
  const teacher = teacherSize === undefined ? undefined : input(LOSS_INPUTS.teacher, 'float32', ['N', teacherSize]);
  const step = new StepGraph({ embeddings, triples, teacher });
  const parts: Record<string, Tensor> = {};
  let loss: Tensor | undefined;
  for (const term of terms) {
    const part = buildLoss(step, term);
    parts[partName(term.name, parts)] = part;
    const weighted = term.weight === 1 ? part : mul(part, scalar(term.weight));
    loss = loss ? add(loss, weighted) : weighted;
  }
  return { embeddings, loss: loss as Tensor, parts, head: step.parameters };
}

function partName(name: string, taken: Readonly<Record<string, Tensor>>): string {
  let number = 1;
  while ((number === 1 ? name : `${name}-${number}`) in taken) number += 1;
  return number === 1 ? name : `${name}-${number}`;
}
