import * as z from 'zod';
import type { Tensor } from '../graph/index.ts';
import { category } from './category.ts';
import { classification } from './classification.ts';
import { contentsOf, type DataNeed } from './data-needs.ts';
import { inBatch } from './in-batch.ts';
import { infoLoob } from './info-loob.ts';
import { infoNce } from './info-nce.ts';
import type { LossBatch, TripleSource } from './loss-inputs.ts';
import { similarity } from './similarity.ts';
import type { StepGraph } from './step-graph.ts';
import { triplet } from './triplet.ts';

/** Every loss. To add a loss, write its file and list it here. */
const losses = [triplet, inBatch, category, classification, infoNce, infoLoob, similarity] as const;

type Schemas<List extends readonly unknown[]> = {
  -readonly [Place in keyof List]: List[Place] extends { readonly schema: infer Schema } ? Schema : never;
};

/** One loss of a weighted sum, with its settings. */
export const lossTermSchema = z.discriminatedUnion(
  'name',
  losses.map(({ schema }) => schema) as unknown as Schemas<typeof losses>,
);

/** With defaults filled in. */
export type LossTerm = z.output<typeof lossTermSchema>;
/** As written in a recipe. */
export type LossTermInput = z.input<typeof lossTermSchema>;
export type LossName = LossTerm['name'];

export const LOSS_NAMES: readonly LossName[] = losses.map(({ name }) => name);

/** A loss of any name. */
interface Loss {
  readonly name: LossName;
  readonly needs: DataNeed;
  readonly build: (step: StepGraph, settings: never) => Tensor;
}

function lossOf(name: LossName): Loss {
  return losses.find((loss) => loss.name === name) as Loss;
}

/** The graph of a loss, without its weight: float32 []. */
export function buildLoss(step: StepGraph, term: LossTerm): Tensor {
  return lossOf(term.name).build(step, term as never);
}

/** Whether a teacher's embeddings are part of one of the losses. */
export function needsTeacher(terms: readonly { readonly name: LossName }[]): boolean {
  return terms.some(({ name }) => lossOf(name).needs.teacher);
}

/** Whether one of the losses is on triples, drawn or all. */
export function usesTriples(terms: readonly { readonly name: LossName }[]): boolean {
  return terms.some(({ name }) => lossOf(name).needs.triples);
}

/**
 * The losses that have an example in a batch. The others are constant there: no gradient.
 * @param source As the losses take their triples; 'drawn' where the batch has them.
 */
export function lossesWithExamples(batch: LossBatch, source: TripleSource): ReadonlySet<LossName> {
  const contents = contentsOf(batch, source);
  return new Set(losses.filter(({ needs }) => needs.isMet(contents)).map(({ name }) => name));
}

/** Why a loss learns nothing where no batch has an example for it. */
export function nothingToLearn(name: LossName): string {
  return `the loss '${name}' has nothing to learn from: ${lossOf(name).needs.missing}`;
}
