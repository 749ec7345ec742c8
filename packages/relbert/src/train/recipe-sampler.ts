import type { RelationSet } from '../data/relation-set.ts';
import type { Recipe } from './recipe-schema.ts';
import { RelationSampler, type SamplingPart } from './relation-sampler.ts';
import { type Sampler, SamplingError } from './sampler.ts';
import { haveCategoryTriples, TripleSampler } from './triple-sampler.ts';

/** Relations by the name of their source, as the recipe has it. */
export type RelationsBySource = ReadonlyMap<string, readonly RelationSet[]>;

/**
 * The sampler of a recipe's training pairs.
 * @param further Pairs for the teacher alone, with how many are drawn each step.
 * @throws SamplingError where there is too little data for the batch
 */
export function recipeSampler(
  { sampling, training }: Recipe,
  relations: RelationsBySource,
  further?: { readonly relations: readonly RelationSet[]; readonly pairsPerStep: number },
): Sampler {
  const { seed } = training;
  const all = [...relations.values()].flat();
  if (sampling.kind === 'triples') {
    if (further) throw new SamplingError("further pairs for the teacher need the sampling 'relations'");
    return new TripleSampler({
      relations: all,
      relationsPerStep: sampling.relations,
      category: sampling.category,
      seed,
    });
  }
  const parts = sampling.parts.map(
    ({ data, relations: relationsPerStep, ...part }): SamplingPart => ({
      ...part,
      relationsPerStep,
      relations: data === null ? all : data.flatMap((name) => relations.get(name) ?? []),
    }),
  );
  if (further) {
    parts.push({ relations: further.relations, relationsPerStep: further.pairsPerStep, positives: 1, mixed: true });
  }
  return new RelationSampler({ parts, seed });
}

/**
 * The relations without the negatives that the sampling never draws: what a run trains on and its teacher encodes. Triples draw
 * all of them; relation batches those of parts with negatives.
 */
export function drawnRelations(
  { sampling }: Pick<Recipe, 'sampling'>,
  relations: RelationsBySource,
): RelationsBySource {
  if (sampling.kind === 'triples') return relations;
  const drawing = sampling.parts.filter(({ negatives, mixed }) => mixed || negatives > 0);
  const isDrawn = (source: string) => drawing.some(({ data }) => data === null || data.includes(source));
  return new Map(
    [...relations].map(([source, sets]) => [
      source,
      isDrawn(source) ? sets : sets.map((set) => ({ ...set, negatives: [] })),
    ]),
  );
}

/** Relations in a validation batch. */
const validationRelations = 40;

/**
 * Fixed batches for the validation loss, of the same form as those of training: as many as it takes to see every
 * relation about once. None where no relation has validation pairs.
 */
export function validationSampler(
  recipe: Recipe,
  relations: readonly RelationSet[],
): { sampler: Sampler; batches: number } | undefined {
  if (relations.length === 0) return undefined;
  const { sampling } = recipe;
  const seed = 1;
  if (sampling.kind === 'triples') {
    const usable = relations.filter(({ negatives }) => negatives.length > 0);
    if (usable.length === 0) return undefined;
    const relationsPerStep = Math.min(sampling.relations, usable.length);
    const category = sampling.category && haveCategoryTriples(usable);
    return {
      sampler: new TripleSampler({ relations: usable, relationsPerStep, category, seed }),
      batches: Math.ceil(usable.length / relationsPerStep),
    };
  }
  const relationsPerStep = Math.min(validationRelations, relations.length);
  return {
    sampler: new RelationSampler({ parts: [{ relations, relationsPerStep, positives: 4, negatives: 4 }], seed }),
    batches: Math.ceil(relations.length / relationsPerStep),
  };
}
