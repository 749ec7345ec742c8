/** Lexical relation classification (Ushio et al. 2021, section 4.2): which relation holds between two words? */
import type { LabelledPair, LexicalRelationSet } from '../data/lexical-relation.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { Runtime } from '../runtime/session.ts';
import { DEFAULT_SETTINGS, predictClasses, SETTINGS_GRID, trainClassifiers } from './classifier.ts';
import type { Classifier, ClassifierOptions, ClassifierSettings, FeatureMatrix } from './classifier-model.ts';
import { type ClassificationScores, classificationScores } from './metrics.ts';

/**
 * Features of pairs, a row for each pair in their order. `all` are the pairs of the whole set, the same array at each call:
 * a file of vectors can be read once for all of them.
 */
export type FeatureExtractor = (pairs: readonly WordPair[], all: readonly WordPair[]) => Promise<FeatureMatrix>;

export interface ClassificationOptions extends ClassifierOptions {
  /**
   * `default` (default): hidden size 100, learning rate 1e-3. `grid`: the paper's nine settings, of which the one with
   * the greatest macro F1 on the validation pairs counts, the first of equals; without validation pairs, the default.
   */
  readonly search?: 'default' | 'grid' | undefined;
}

/** A setting of the search and its result. */
export interface SettingScore extends ClassifierSettings {
  /** Macro F1 on the validation pairs. */
  readonly macroF1: number;
}

/** The classifier that was chosen. */
export interface ClassifierSummary extends ClassifierSettings {
  readonly epochs: number;
  /** Training loss of the last epoch. */
  readonly loss: number;
  /** Whether training ended because the loss no longer fell. */
  readonly converged: boolean;
  readonly seed: number;
}

export interface ClassificationResult {
  readonly test: ClassificationScores;
  /** undefined: the set has no validation pairs. */
  readonly validation: ClassificationScores | undefined;
  readonly classifier: ClassifierSummary;
  /** All settings that were tried, where there was a search. */
  readonly search: readonly SettingScore[] | undefined;
  /** The class of each test pair. */
  readonly predictions: readonly string[];
}

/**
 * Trains a classifier on the training pairs and scores it on the test pairs.
 *
 * @param extract Called for the training and validation pairs together, then for the test pairs, so that the classifier
 * is the one that `RelationClassifier.fit` makes of the same pairs: embeddings differ in their last bits where other pairs
 * stand in the batch, and training makes tenths of a point of these. It gives `embeddingFeatures` of a relation
 * encoder's embeddings, or `wordVectorFeatures` of word vectors.
 * @param runtime Where the classifier is trained: `nodeRuntime()` of `relbert` in Node, `webRuntime()` in a browser. It
 * is not disposed of here.
 * @throws RangeError for a split without pairs, or a relation of the validation or test pairs that no training pair has
 */
export async function evaluateClassification(
  set: LexicalRelationSet,
  extract: FeatureExtractor,
  runtime: Runtime,
  { search = 'default', ...options }: ClassificationOptions = {},
): Promise<ClassificationResult> {
  checkRelations(set);
  const { train, test } = set;
  const validation = set.validation ?? [];
  const learnt = [...train, ...validation];
  const all = [...learnt, ...test];
  const features = await extract(learnt, all);
  const part = (start: number, pairs: readonly LabelledPair[]): LabelledFeatures => ({
    features: rowsOf(features, start, pairs.length),
    labels: labelsOf(pairs),
  });
  const { classifier, ...chosen } = await chooseClassifier(
    runtime,
    part(0, train),
    validation.length > 0 ? part(train.length, validation) : undefined,
    { search, ...options },
  );
  const predictions = await predictClasses(runtime, classifier, await extract(test, all), options);
  return {
    test: classificationScores(labelsOf(test), predictions),
    ...chosen,
    classifier: summaryOf(classifier, options),
    predictions,
  };
}

function labelsOf(pairs: readonly LabelledPair[]): string[] {
  return pairs.map(({ relation }) => relation);
}

/** Rows with a label each. */
export interface LabelledFeatures {
  readonly features: FeatureMatrix;
  readonly labels: readonly string[];
}

export interface ClassifierChoice extends Pick<ClassificationResult, 'validation' | 'search'> {
  readonly classifier: Classifier;
}

/** Trains a classifier or, where it is to be chosen and can be, the grid: the one with the best macro F1 counts. */
export async function chooseClassifier(
  runtime: Runtime,
  train: LabelledFeatures,
  validation: LabelledFeatures | undefined,
  { search = 'default', ...options }: ClassificationOptions = {},
): Promise<ClassifierChoice> {
  const searched = search === 'grid' && validation !== undefined;
  const settings = searched ? SETTINGS_GRID : [DEFAULT_SETTINGS];
  const classifiers = await trainClassifiers(runtime, train.features, train.labels, settings, options);
  const choices: Pick<ClassifierChoice, 'classifier' | 'validation'>[] = [];
  for (const classifier of classifiers) {
    const scores =
      validation &&
      classificationScores(validation.labels, await predictClasses(runtime, classifier, validation.features, options));
    choices.push({ classifier, validation: scores });
  }
  const best = choices.reduce((leader, candidate) =>
    (candidate.validation?.macroF1 ?? 0) > (leader.validation?.macroF1 ?? 0) ? candidate : leader,
  );
  return {
    ...best,
    search: searched
      ? choices.map(({ classifier, validation }) => ({
          ...classifier.settings,
          macroF1: validation?.macroF1 as number,
        }))
      : undefined,
  };
}

export function summaryOf(classifier: Classifier, { seed = 0 }: ClassifierOptions): ClassifierSummary {
  const { settings, losses, converged } = classifier;
  return { ...settings, epochs: losses.length, loss: losses.at(-1) as number, converged, seed };
}

function checkRelations({ train, validation, test }: LexicalRelationSet): void {
  if (train.length === 0) throw new RangeError('no training pairs');
  if (test.length === 0) throw new RangeError('no test pairs');
  const classes = new Set(train.map(({ relation }) => relation));
  const unknown = [...(validation ?? []), ...test].find(({ relation }) => !classes.has(relation));
  if (unknown) {
    throw new RangeError(
      `the relation '${unknown.relation}' of ${JSON.stringify([unknown.head, unknown.tail])} occurs in no training pair`,
    );
  }
}

export function rowsOf({ data, shape }: FeatureMatrix, start: number, count: number): FeatureMatrix {
  const [, dimension] = shape;
  return { data: data.subarray(start * dimension, (start + count) * dimension), shape: [count, dimension] };
}
