import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { jsonObject } from '../text/json.ts';
import { lineError, linesOf } from '../text/lines.ts';
import { suggestion } from '../text/nearest-name.ts';
import { type McNemarResult, mcnemar } from './mcnemar.ts';

/** A model's answer to a question. */
export interface StoredPrediction {
  readonly set: string;
  readonly split: string;
  readonly index: number;
  /** Stem and choices as JSON: two files must ask the same. */
  readonly asked: string;
  readonly correct: boolean;
  readonly line: number;
}

/** Reads the lines that `relbert evaluate analogy --predictions` writes. @throws DataError with the line of another form */
export function parsePredictions(data: DataFile): StoredPrediction[] {
  const predictions = linesOf(data).map((line): StoredPrediction => {
    const { set, split, index, stem, choices, correct } = jsonObject(line);
    if (typeof set !== 'string' || typeof split !== 'string')
      throw lineError(line, "'set' and 'split' should be names");
    if (typeof index !== 'number' || !Number.isInteger(index)) {
      throw lineError(line, `'index' should be a whole number, got ${excerpt(index)}`);
    }
    if (typeof correct !== 'boolean')
      throw lineError(line, `'correct' should be true or false, got ${excerpt(correct)}`);
    return { set, split, index, asked: JSON.stringify([stem, choices]), correct, line: line.number };
  });
  if (predictions.length === 0) throw new DataError(data.file, undefined, 'holds no prediction');
  return predictions;
}

/** How two models compare on a set, or on all sets together. */
export interface Comparison extends McNemarResult {
  /** undefined: all sets together. */
  readonly set: string | undefined;
  readonly split: string | undefined;
  readonly questions: number;
  readonly accuracyFirst: number;
  readonly accuracySecond: number;
}

/**
 * Compares two models that answered the same questions; McNemar's exact test per set, then over all.
 *
 * @throws DataError where the files do not hold answers to the same questions
 */
export function comparePredictions(first: DataFile, second: DataFile): Comparison[] {
  const a = byQuestion(first);
  const b = byQuestion(second);
  for (const [key, answer] of a) {
    const other = b.get(key);
    if (!other) throw differs(second, first, answer, b);
    if (other.asked !== answer.asked) {
      throw new DataError(
        second.file,
        other.line,
        `asks something else than ${first.file}:${answer.line}: ${excerpt(JSON.parse(other.asked))} instead of ${excerpt(JSON.parse(answer.asked))}`,
      );
    }
  }
  for (const [key, answer] of b) if (!a.has(key)) throw differs(first, second, answer, a);
  const pairs = [...a].map(([key, answer]) => [answer, b.get(key) as StoredPrediction] as const);
  const sets = new Map<string, typeof pairs>();
  for (const pair of pairs) {
    const key = JSON.stringify([pair[0].set, pair[0].split]);
    const group = sets.get(key);
    if (group) group.push(pair);
    else sets.set(key, [pair]);
  }
  const comparisons = [...sets.values()].map((group) => compared(group, group[0]?.[0].set, group[0]?.[0].split));
  return comparisons.length > 1 ? [...comparisons, compared(pairs, undefined, undefined)] : comparisons;
}

function compared(
  pairs: readonly (readonly [StoredPrediction, StoredPrediction])[],
  set: string | undefined,
  split: string | undefined,
): Comparison {
  const [first, second] = [pairs.map(([answer]) => answer.correct), pairs.map(([, other]) => other.correct)];
  const share = (correct: readonly boolean[]) => correct.filter(Boolean).length / correct.length;
  return {
    set,
    split,
    questions: pairs.length,
    accuracyFirst: share(first),
    accuracySecond: share(second),
    ...mcnemar(first, second),
  };
}

function byQuestion(data: DataFile): Map<string, StoredPrediction> {
  const byKey = new Map<string, StoredPrediction>();
  for (const prediction of parsePredictions(data)) {
    const { set, split, index, line } = prediction;
    const key = JSON.stringify([set, split, index]);
    const before = byKey.get(key);
    if (before)
      throw new DataError(
        data.file,
        line,
        `answers question ${index} of ${set} (${split}) again; first at line ${before.line}`,
      );
    byKey.set(key, prediction);
  }
  return byKey;
}

function differs(
  lacking: DataFile,
  having: DataFile,
  { set, split, index, line }: StoredPrediction,
  answers: ReadonlyMap<string, StoredPrediction>,
): DataError {
  const sets = [...new Set(Array.from(answers.values(), (answer) => answer.set))];
  const hint = sets.includes(set) ? '' : `${suggestion(set, sets)}; it has ${sets.join(', ')}`;
  return new DataError(
    lacking.file,
    undefined,
    `has no answer to question ${index} of ${set} (${split}), which stands in ${having.file}:${line}${hint}`,
  );
}
