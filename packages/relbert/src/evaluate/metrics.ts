/** Precision, recall and F1 of one class, as fractions, and how often the class is the right answer. */
export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export interface ConfusionMatrix {
  /** Row and column order. */
  readonly labels: readonly string[];
  /** `counts[i][j]`: items of class i that were predicted as class j. */
  readonly counts: readonly (readonly number[])[];
}

export interface ClassificationScores {
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  /** F1 over all decisions together; with one label per item it equals the accuracy. */
  readonly microF1: number;
  readonly perClass: Readonly<Record<string, ClassScores>>;
  readonly confusion: ConfusionMatrix;
}

/** The share of `true`, 0 to 1. @throws RangeError for an empty list */
export function accuracy(correct: readonly boolean[]): number {
  if (correct.length === 0) throw new RangeError('the accuracy of no answers is not defined');
  return correct.filter(Boolean).length / correct.length;
}

/**
 * Scores of predicted against true labels, equal to scikit-learn's `precision_recall_fscore_support` and
 * `confusion_matrix` with their defaults: the classes are those that occur among the true or the predicted labels, in
 * order of their code units, and a ratio whose denominator is 0 counts as 0.
 *
 * @throws RangeError for lists of unequal length, or empty ones
 */
export function classificationScores(truth: readonly string[], predicted: readonly string[]): ClassificationScores {
  if (truth.length !== predicted.length) {
    throw new RangeError(`${truth.length} true labels but ${predicted.length} predicted ones`);
  }
  if (truth.length === 0) throw new RangeError('no labels to score: the set is empty');
  const labels = [...new Set([...truth, ...predicted])].sort();
  const index = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => new Array<number>(labels.length).fill(0));
  for (const [item, label] of truth.entries()) {
    const row = counts[index.get(label) as number] as number[];
    const column = index.get(predicted[item] as string) as number;
    row[column] = (row[column] as number) + 1;
  }
  const perClass = labels.map((_, i): ClassScores => {
    const right = counts[i]?.[i] as number;
    const support = (counts[i] as number[]).reduce((sum, count) => sum + count, 0);
    const taken = counts.reduce((sum, row) => sum + (row[i] as number), 0);
    return {
      precision: ratio(right, taken),
      recall: ratio(right, support),
      f1: ratio(2 * right, taken + support),
      support,
    };
  });
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0);
  return {
    accuracy: right / truth.length,
    macroF1: perClass.reduce((sum, { f1 }) => sum + f1, 0) / labels.length,
    // Every wrong answer is one false positive and one false negative.
    microF1: right / truth.length,
    perClass: Object.fromEntries(labels.map((label, i) => [label, perClass[i] as ClassScores])),
    confusion: { labels, counts },
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
