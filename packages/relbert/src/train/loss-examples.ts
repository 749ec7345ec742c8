/** Whether the losses of a run find anything to compare in its batches. */

import type { TripleSource } from '../loss/loss-inputs.ts';
import type { LossName, LossTerm } from '../loss/terms.ts';
import type { TrainingBatch } from './batch.ts';
import { type Sampler, SamplingError } from './sampler.ts';

/** The distinct pairs of one relation in a batch, by place. */
interface Members {
  readonly category: number;
  readonly positives: Set<number>;
  readonly negatives: Set<number>;
}

/**
 * The losses that have an example in a batch. Of the others the value is a constant, without a gradient.
 * @param source As the losses take their triples; 'drawn' where the batch has them.
 */
export function lossesWithExamples(batch: TrainingBatch, source: TripleSource): ReadonlySet<LossName> {
  const relations = membersOf(batch);
  const found = new Set<LossName>();
  const add = (condition: boolean, ...names: readonly LossName[]) => {
    if (condition) for (const name of names) found.add(name);
  };
  const anchored = relations.filter(({ positives }) => positives.size > 1);
  const several = relations.filter(({ positives }) => positives.size > 0).length > 1;
  const contrasted = relations.some(({ negatives }) => negatives.size > 0);
  // An anchor and its positive against whatever is not a positive of their relation.
  add(anchored.length > 0 && (several || contrasted), 'infonce', 'infoloob');
  // A softmax over one other pair is 1, whatever the pairs are.
  add(batch.pairs.length > 2, 'similarity');
  if (source === 'drawn') {
    const { relation, category } = batch.triples ?? {};
    add((relation?.anchors.length ?? 0) > 0, 'triplet', 'classification');
    add((relation?.anchors.length ?? 0) > 1, 'in-batch');
    add((category?.anchors.length ?? 0) > 0, 'category');
    return found;
  }
  add(
    anchored.some(({ negatives }) => negatives.size > 0),
    'triplet',
    'classification',
  );
  add(anchored.length > 0 && several, 'in-batch');
  add(hasCategoryTriple(relations), 'category');
  return found;
}

function membersOf({ items }: TrainingBatch): Members[] {
  const relations = new Map<number, Members>();
  for (const { pair, relation, category, positive } of items) {
    if (relation < 0) continue;
    const members = relations.get(relation) ?? { category, positives: new Set(), negatives: new Set() };
    relations.set(relation, members);
    (positive ? members.positives : members.negatives).add(pair);
  }
  return [...relations.values()];
}

/** Positives of two relations of one category, and one of another category. */
function hasCategoryTriple(relations: readonly Members[]): boolean {
  const sizes = new Map<number, number>();
  for (const { category, positives } of relations) {
    if (category >= 0 && positives.size > 0) sizes.set(category, (sizes.get(category) ?? 0) + 1);
  }
  return sizes.size > 1 && [...sizes.values()].some((size) => size > 1);
}

/** Batches that are looked through at most. The first is enough where nothing is wrong. */
const mostBatches = 1000;

/**
 * Looks through the batches that a run is going to draw until every loss has had an example.
 * @throws SamplingError for a loss that has none: it would be a constant, and the run would end as if it had learnt
 */
export function checkLossExamples(
  losses: readonly LossTerm[],
  sampler: Sampler,
  { steps, triples }: { readonly steps: number; readonly triples: TripleSource },
): void {
  const missing = new Set(losses.map(({ name }) => name));
  for (let step = 0; step < Math.min(steps, mostBatches); step++) {
    for (const name of lossesWithExamples(sampler.batch(step), triples)) missing.delete(name);
    if (missing.size === 0) return;
  }
  const [name] = missing as ReadonlySet<LossName>;
  if (name !== undefined) throw new SamplingError(`the loss '${name}' has nothing to learn from: ${needs[name]}`);
}

const noTriple =
  'no step draws two positives and a negative of one relation; use data with negatives and draw them (--positives 2 and --negatives 1 or more), or another loss';
const noContrast =
  'no step draws two positives of one relation with a pair of another relation or a negative; draw more (--batch and --positives 2 or more)';
const needs: Readonly<Record<LossName, string>> = {
  triplet: noTriple,
  classification: noTriple,
  'in-batch':
    'no step draws two positives of one relation and one of another; draw more (--batch and --positives 2 or more)',
  category:
    'no step draws two relations of one category and one of another category; give the relations a parent, draw more of them (--batch), or leave this loss out',
  infonce: noContrast,
  infoloob: noContrast,
  similarity: 'no step draws more than two pairs; draw more (--batch, --positives)',
};
