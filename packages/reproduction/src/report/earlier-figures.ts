/** What an earlier report holds of a model is not measured again. */
import { isDeepStrictEqual } from 'node:util';
import type { ReportData } from './report-data.ts';
import { type ClassificationFigures, ReportError, type ReportModel } from './report-file.ts';

/** The data that `earlier` has no figures of; undefined where it has all of them. */
export function notYetMeasured(data: ReportData, earlier: ReportModel): ReportData | undefined {
  const rest: ReportData = {
    analogy: data.analogy.filter(
      ({ set, split }) => !earlier.analogy.some((own) => own.set === set && own.split === split),
    ),
    classification: data.classification.filter(({ name }) => !earlier.classification.some(({ set }) => set === name)),
    mapping: data.mapping.filter(({ name }) => !earlier.mapping.some(({ set }) => set === name)),
    neighbours: earlier.neighbours ? undefined : data.neighbours,
    map: earlier.map ? undefined : data.map,
  };
  const { analogy, classification, mapping, neighbours, map } = rest;
  const none = analogy.length + classification.length + mapping.length === 0 && !neighbours && !map;
  return none ? undefined : rest;
}

/** How a model is measured now. */
export interface Measured {
  readonly encoder: ReportModel['encoder'];
  readonly seed: number;
  /** undefined: no classifier is trained now. */
  readonly search: ClassificationFigures['search'] | undefined;
}

/**
 * @throws ReportError where `earlier` was measured with another encoder, prompt, number format, seed or search for
 *   classifiers than now
 */
export function requireMeasuredAlike(earlier: ReportModel, { encoder, seed, search }: Measured): void {
  const differs = (what: string, before: unknown, now: unknown) =>
    new ReportError(
      `${earlier.name}: the earlier report measured it with ${what} ${JSON.stringify(before)}, now it is ${JSON.stringify(now)}; give the model another name, or leave the earlier report out`,
    );
  const { hash: _, ...known } = earlier.encoder ?? {};
  const { hash, ...now } = encoder ?? {};
  if (!isDeepStrictEqual(known, now)) throw differs('the encoder', earlier.encoder, encoder);
  requireSameWeights(earlier, hash);
  if (earlier.run.seed !== seed) throw differs('the seed', earlier.run.seed, seed);
  // Without validation pairs there is nothing to choose by.
  const chosen = earlier.classification.filter((own) => own.validationMacroF1 !== null);
  const other = search && chosen.find((own) => own.search !== search);
  if (other) throw differs("the classifiers' search", other.search, search);
}

/** @throws ReportError where `earlier` was measured with other weights than those of this hash; undefined: not known */
export function requireSameWeights({ name, encoder }: ReportModel, hash: string | undefined): void {
  if (!encoder?.hash || hash === undefined || encoder.hash === hash) return;
  throw new ReportError(
    `${name}: the earlier report measured other weights; give the model another name, or leave the earlier report out`,
  );
}

/** The earlier figures and what was measured now of the rest as one model: the earlier run, with the seconds of both. */
export function withEarlier(earlier: ReportModel, now: ReportModel): ReportModel {
  return {
    ...now,
    run: { ...earlier.run, seconds: Math.round(10 * (earlier.run.seconds + now.run.seconds)) / 10 },
    missingWords: Math.max(earlier.missingWords, now.missingWords),
    analogy: [...earlier.analogy, ...now.analogy],
    classification: [...earlier.classification, ...now.classification],
    mapping: [...earlier.mapping, ...now.mapping],
    neighbours: earlier.neighbours ?? now.neighbours,
    map: earlier.map ?? now.map,
  };
}
