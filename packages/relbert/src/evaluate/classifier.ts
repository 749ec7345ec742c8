/**
 * A classifier with one hidden ReLU layer, trained as scikit-learn's `MLPClassifier` is with its defaults: Glorot
 * uniform start, mini-batches of 200 in shuffled order, Adam, an L2 penalty, and an end when the training loss has not
 * fallen by 1e-4 for ten epochs. It trains on the library's graph engine.
 */
import { serialize } from '../graph/onnx.ts';
import type { Runtime, SessionOptions, TensorValue } from '../runtime/session.ts';
import { PARAMETERS, parameterShape, predictionGraph } from './classifier-graph.ts';
import type { Classifier, ClassifierOptions, ClassifierSettings, FeatureMatrix } from './classifier-model.ts';
import { ClassifierTraining, Epochs, float32, TrainingSessions } from './classifier-training.ts';
import { firstMaximum } from './first-maximum.ts';

/** scikit-learn's defaults. */
export const DEFAULT_SETTINGS: ClassifierSettings = { hidden: 100, learningRate: 1e-3 };

/** The paper's search (section 4.2): learning rate × hidden size. */
export const SETTINGS_GRID: readonly ClassifierSettings[] = [1e-3, 1e-4, 1e-5].flatMap((learningRate) =>
  [100, 150, 200].map((hidden) => ({ hidden, learningRate })),
);

/**
 * Trains classifiers on the same items, side by side over the same batches; each result is independent of the
 * others. Classifiers of the same hidden size share sessions.
 *
 * @param runtime Where they learn: `nodeRuntime()` of `relbert` in Node, `webRuntime()` in a browser.
 * @param labels A label for each row of the features; the classes are the distinct ones, sorted.
 * @throws RangeError for unequal lengths, no items, fewer than two classes, features that are not finite.
 */
export async function trainClassifiers(
  runtime: Runtime,
  features: FeatureMatrix,
  labels: readonly string[],
  settings: readonly ClassifierSettings[],
  options: ClassifierOptions = {},
): Promise<Classifier[]> {
  const classes = [...new Set(labels)].sort();
  checkTraining(features, labels, classes);
  settings.forEach(checkSettings);
  const { seed = 0, batchSize = 200, maxEpochs = 200, signal, onProgress } = options;
  const targets = oneHot(labels, classes);
  const trainings = settings.map((each) => new ClassifierTraining(each, features, targets, classes, options));
  await using sessions = new TrainingSessions(runtime, sessionOptions(options));
  const epochs = new Epochs(features, targets, Math.min(batchSize, labels.length), seed);
  for (;;) {
    const active = trainings.filter(({ ended }) => !ended);
    if (active.length === 0) return trainings.map((training) => training.result());
    for (const run of epochs.next()) {
      for (const training of active) {
        signal?.throwIfAborted();
        await training.run(run, sessions);
      }
    }
    for (const training of active) {
      const { epoch, loss } = training.endEpoch();
      const done = trainings.reduce((sum, { ended, epochs }) => sum + (ended ? maxEpochs : epochs), 0);
      const total = trainings.length * maxEpochs;
      onProgress?.({ kind: 'epoch', settings: training.settings, epoch, maxEpochs, loss, done, total });
    }
  }
}

/** A classifier that is ready to score rows. Its session stays open until it is disposed of. */
export interface ClassifierScorer extends AsyncDisposable {
  /** Scores [n, K] of rows [n, D], K the number of classes: softmax of a row gives its probabilities. */
  score(features: FeatureMatrix, options?: Pick<ClassifierOptions, 'signal'>): Promise<Float32Array>;
}

/** Opens a classifier. @throws RangeError, at a call of `score`, for features of another dimension */
export async function openClassifier(
  runtime: Runtime,
  { shape, weights, classes }: Pick<Classifier, 'shape' | 'weights' | 'classes'>,
  options: Pick<ClassifierOptions, 'threads'> = {},
): Promise<ClassifierScorer> {
  const session = await runtime.createSession(serialize({ outputs: predictionGraph(shape) }), sessionOptions(options));
  const parameters = Object.fromEntries(
    PARAMETERS.map((name) => [name, float32(weights[name], parameterShape(name, shape))]),
  );
  return {
    async score({ data, shape: [items, dimension] }, { signal } = {}) {
      if (dimension !== shape.dimension) {
        throw new RangeError(
          `the classifier was trained on ${shape.dimension} features, these items have ${dimension}`,
        );
      }
      const scores = new Float32Array(items * classes.length);
      for (let start = 0; start < items; start += PREDICTION_ROWS) {
        signal?.throwIfAborted();
        const count = Math.min(PREDICTION_ROWS, items - start);
        const rows = data.subarray(start * dimension, (start + count) * dimension);
        const { logits } = await session.run({ ...parameters, features: float32(rows, [count, dimension]) });
        const values = logits?.data as Float32Array;
        // One logistic output z stands for the scores 0 and z.
        if (shape.outputs === 1) for (let i = 0; i < count; i++) scores[2 * (start + i) + 1] = values[i] as number;
        else scores.set(values, start * classes.length);
      }
      return scores;
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

/**
 * The class that a classifier gives each row; the first of equally probable ones.
 *
 * @throws RangeError for features of another dimension; the signal's reason when aborted
 */
export async function predictClasses(
  runtime: Runtime,
  classifier: Classifier,
  features: FeatureMatrix,
  options: Pick<ClassifierOptions, 'threads' | 'signal'> = {},
): Promise<string[]> {
  await using scorer = await openClassifier(runtime, classifier, options);
  const { classes } = classifier;
  const scores = await scorer.score(features, options);
  return Array.from({ length: features.shape[0] }, (_, row) => {
    return classes[firstMaximum(scores.subarray(row * classes.length, (row + 1) * classes.length))] as string;
  });
}

const PREDICTION_ROWS = 4096;

function sessionOptions({ threads }: Pick<ClassifierOptions, 'threads'>): SessionOptions {
  return threads === undefined ? {} : { threads };
}

function checkTraining(features: FeatureMatrix, labels: readonly string[], classes: readonly string[]): void {
  const [items, dimension] = features.shape;
  if (items !== labels.length) throw new RangeError(`${items} rows of features but ${labels.length} labels`);
  if (items === 0) throw new RangeError('there is nothing to learn from: no items');
  if (features.data.length !== items * dimension) {
    throw new RangeError(
      `features of shape [${items}, ${dimension}] need ${items * dimension} values, got ${features.data.length}`,
    );
  }
  if (classes.length < 2)
    throw new RangeError(`all labels are '${classes[0]}': a classifier needs at least two classes`);
  const wrong = features.data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RangeError(
      `feature ${wrong % dimension} of item ${Math.floor(wrong / dimension)} is ${features.data[wrong]}`,
    );
  }
}

function checkSettings({ hidden, learningRate }: ClassifierSettings): void {
  if (!Number.isInteger(hidden) || hidden < 1) throw new RangeError(`hidden must be a positive integer, got ${hidden}`);
  if (!(learningRate > 0)) throw new RangeError(`learningRate must be positive, got ${learningRate}`);
}

/** [N, K], or [N, 1] holding the index for two classes. */
function oneHot(labels: readonly string[], classes: readonly string[]): TensorValue {
  const index = new Map(classes.map((name, i) => [name, i]));
  if (classes.length === 2) {
    return float32(
      Float32Array.from(labels, (label) => index.get(label) as number),
      [labels.length, 1],
    );
  }
  const data = new Float32Array(labels.length * classes.length);
  for (const [item, label] of labels.entries()) data[item * classes.length + (index.get(label) as number)] = 1;
  return float32(data, [labels.length, classes.length]);
}
