/** @file Fitting a classifier of relations to features: the method, its settings, and how far its answers can be trusted. */
import {
  type ClassificationOptions,
  type ClassifierSummary,
  chooseClassifier,
  type LabelledFeatures,
  type SettingScore,
  summaryOf,
} from '../evaluate/classification.ts';
import { openClassifier, trainClassifiers } from '../evaluate/classifier.ts';
import type { Classifier, FeatureMatrix } from '../evaluate/classifier-model.ts';
import { type ClassificationScores, classificationScores } from '../evaluate/metrics.ts';
import type { Runtime } from '../runtime/session.ts';
import {
  type Calibration,
  calibrate,
  likeliest,
  type ScoredRows,
  type Threshold,
  thresholdsOf,
} from './calibration.ts';
import { ClassifierError } from './error.ts';
import { dealFolds, type LabelledExample } from './folds.ts';
import {
  type LinearClassifier,
  linearScores,
  NoCovarianceError,
  nearestCentroid,
  shrunkDiscriminant,
} from './linear.ts';

/** How relations are told apart: the paper's MLP, or what does better with few examples. */
export const classifierMethods = ['mlp', 'centroid', 'lda'] as const;
export type ClassifierMethod = (typeof classifierMethods)[number];

/** Below so many examples of the median label the nearest mean is best on validation pairs (docs/classify.md). */
const FEW_FOR_LDA = 15;
/** From so many on an MLP is, and one in ten is two of each label to calibrate it by. */
const FEW_FOR_MLP = 20;
/** Folds of cross-validation for few examples; an MLP holds out one of ten. */
const FOLDS = { linear: 5, mlp: 10 } as const;

export interface FitOptions extends ClassificationOptions {
  /**
   * `auto` (default): by the examples of the median label, below 15 `centroid`, the nearest mean of normalised features;
   * below 20 `lda`, linear discriminant analysis with a shrunk covariance; else `mlp`, the paper's network.
   */
  readonly method?: ClassifierMethod | 'auto';
  /**
   * Of an MLP. `grid`: the paper's nine settings, of which the best on the pairs given or held out counts; an error where
   * none can be held out. `default`: hidden size 100, learning rate 1e-3. Default: `grid` where it is possible.
   */
  readonly search?: 'default' | 'grid';
}

export type TrainedModel =
  | { readonly method: 'mlp'; readonly network: Pick<Classifier, 'shape' | 'classes' | 'weights'> }
  | { readonly method: 'centroid' | 'lda'; readonly linear: LinearClassifier };

/** What fitting found out. */
export interface FitFigures {
  /** Examples by label. */
  readonly examples: Readonly<Record<string, number>>;
  /**
   * Which pairs `scores` and `calibration` are of: those given for it, those held out, or all in turn. `chosen-on`: those
   * given or held out, on which the best setting of the grid was chosen, so that its scores are better than new pairs get.
   */
  readonly judgedOn: 'validation' | 'held-out' | 'chosen-on' | 'cross-validation' | 'nothing';
  /** undefined: too few examples to hold any out. */
  readonly scores: ClassificationScores | undefined;
  readonly calibration: Calibration | undefined;
  /** What thresholds of `other` keep of these pairs, and the accuracy of what they keep (null: they keep none). */
  readonly thresholds: readonly Threshold[] | undefined;
  /** The MLP's settings and course. */
  readonly training: ClassifierSummary | undefined;
  /** Every setting of the grid and its macro F1. */
  readonly search: readonly SettingScore[] | undefined;
}

export interface FittedModel {
  readonly model: TrainedModel;
  readonly figures: FitFigures;
}

/** The rows of the examples, then those of the validation examples. */
interface FitInput {
  readonly examples: readonly LabelledExample[];
  readonly validation: readonly LabelledExample[];
  readonly features: FeatureMatrix;
}

/**
 * Fits a classifier.
 * @throws RangeError for fewer than two labels, or a validation example whose label no other example has;
 *   ClassifierError where the method or the search asked for needs more examples
 */
export async function fitModel(input: FitInput, runtime: Runtime, options: FitOptions = {}): Promise<FittedModel> {
  const { examples, validation } = input;
  // A label may have any name, also that of a property of objects.
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  const method = options.method === undefined || options.method === 'auto' ? methodFor(counts) : options.method;
  const all = rowsOf(input, [...examples.keys()]);
  const given =
    validation.length > 0
      ? rowsOf(
          input,
          [...validation.keys()].map((i) => i + examples.length),
        )
      : undefined;
  const folds = given ? undefined : dealFolds(examples, method === 'mlp' ? FOLDS.mlp : FOLDS.linear, options.seed ?? 0);
  const fitted =
    method === 'mlp'
      ? await fitNetwork(input, all, given, folds, runtime, options)
      : await fitLinear(input, all, given, folds, method, options);
  const { model, judgedOn, held, scores, ...course } = fitted;
  const classes = classesOf(model);
  const rows: ScoredRows = {
    scores,
    classes: classes.length,
    right: Int32Array.from(held.labels, (label) => classes.indexOf(label)),
  };
  const judged = rows.right.length > 0;
  const found = Array.from(rows.right, (_, row) => classes[likeliest(rows, row)] as string);
  const calibration = judged ? calibrate(rows) : undefined;
  return {
    model,
    figures: {
      examples: Object.fromEntries(counts),
      judgedOn: judged ? judgedOn : 'nothing',
      scores: judged ? classificationScores(held.labels, found) : undefined,
      calibration,
      thresholds: calibration && thresholdsOf(rows, calibration.temperature),
      training: undefined,
      search: undefined,
      ...course,
    },
  };
}

interface Fitted extends Partial<Pick<FitFigures, 'training' | 'search'>>, Pick<FitFigures, 'judgedOn'> {
  readonly model: TrainedModel;
  /** What was not learnt from, and the scores that it got. */
  readonly held: LabelledFeatures;
  readonly scores: Float32Array;
}

/** The MLP, its settings chosen on what is held out; where that was not given, it learns from all examples afterwards. */
async function fitNetwork(
  input: FitInput,
  all: LabelledFeatures,
  given: LabelledFeatures | undefined,
  folds: Int32Array | undefined,
  runtime: Runtime,
  options: FitOptions,
): Promise<Fitted> {
  const places = (inside: boolean) => [...input.examples.keys()].filter((i) => (folds?.[i] === 0) === inside);
  const held = given ?? rowsOf(input, places(true));
  if (held.labels.length === 0 && options.search === 'grid') {
    throw new ClassifierError(
      "search 'grid' has no pairs to choose settings by: every example is the only pair of its label or has two labels; give validation pairs, or take search 'default'",
    );
  }
  const learnt = given ? all : rowsOf(input, places(false));
  const chosen = await chooseClassifier(runtime, learnt, held.labels.length > 0 ? held : undefined, {
    ...options,
    search: options.search ?? 'grid',
  });
  const network = given
    ? chosen.classifier
    : ((
        await trainClassifiers(runtime, all.features, all.labels, [chosen.classifier.settings], options)
      )[0] as Classifier);
  await using scorer = await openClassifier(runtime, chosen.classifier, options);
  return {
    model: { method: 'mlp', network },
    judgedOn: chosen.search ? 'chosen-on' : given ? 'validation' : 'held-out',
    held,
    scores: await scorer.score(held.features, options),
    training: summaryOf(network, options),
    search: chosen.search,
  };
}

async function fitLinear(
  input: FitInput,
  all: LabelledFeatures,
  given: LabelledFeatures | undefined,
  folds: Int32Array | undefined,
  method: 'centroid' | 'lda',
  { signal }: FitOptions,
): Promise<Fitted> {
  signal?.throwIfAborted();
  const learn = async ({ features, labels }: LabelledFeatures) =>
    method === 'lda' ? shrunkDiscriminant(features, labels, { signal }) : nearestCentroid(features, labels);
  const linear = await learn(all).catch((error: unknown): never => {
    if (!(error instanceof NoCovarianceError)) throw error;
    throw new ClassifierError(
      'lda needs a label with two different pairs: give more, or take the nearest centroid (--method centroid)',
      { cause: error },
    );
  });
  const model = { method, linear } as const;
  if (given) return { model, judgedOn: 'validation', held: given, scores: linearScores(linear, given.features) };
  const order: number[] = [];
  const scores: number[] = [];
  for (let fold = 0; fold < FOLDS.linear; fold++) {
    const places = (inside: boolean) => [...input.examples.keys()].filter((i) => (folds?.[i] === fold) === inside);
    const held = places(true);
    if (held.length === 0) continue;
    let learnt: LinearClassifier;
    try {
      learnt = await learn(rowsOf(input, places(false)));
    } catch (error) {
      // Too few are left without these: they are not judged.
      if (error instanceof NoCovarianceError) continue;
      throw error;
    }
    for (const score of linearScores(learnt, rowsOf(input, held).features)) scores.push(score);
    order.push(...held);
  }
  return { model, judgedOn: 'cross-validation', held: rowsOf(input, order), scores: Float32Array.from(scores) };
}

/** The labels that scores stand for, in their order. */
export function classesOf(model: TrainedModel): readonly string[] {
  return model.method === 'mlp' ? model.network.classes : model.linear.classes;
}

function methodFor(counts: ReadonlyMap<string, number>): ClassifierMethod {
  const sorted = [...counts.values()].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median < FEW_FOR_LDA ? 'centroid' : median < FEW_FOR_MLP ? 'lda' : 'mlp';
}

function rowsOf({ examples, validation, features }: FitInput, places: readonly number[]): LabelledFeatures {
  const [, dimension] = features.shape;
  const data = new Float32Array(places.length * dimension);
  for (const [row, i] of places.entries()) {
    data.set(features.data.subarray(i * dimension, (i + 1) * dimension), row * dimension);
  }
  const label = (i: number) => (examples[i] ?? (validation[i - examples.length] as LabelledExample)).label;
  return { features: { data, shape: [places.length, dimension] }, labels: places.map(label) };
}
