/** Finds what is wrong with a run before its first step. */

import type { RelationModel } from '../encoder/language-model.ts';
import { OptionError } from '../encoder/option-error.ts';
import { PromptTooLongError } from '../encoder/relation-encoder.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { suggestion } from '../text/nearest-name.ts';
import { checkLossExamples } from '../train/loss-examples.ts';
import { runLength } from '../train/run-length.ts';
import type { Sampler } from '../train/sampler.ts';
import { LAST_STEP, type TrainingConfig } from '../train/training-config.ts';
import type { RunValidation } from './validation.ts';

/** @throws SamplingError for a loss without examples, OptionError for a metric or a patience without a validation */
export function checkRun(
  training: TrainingConfig,
  { sampler, validation }: { readonly sampler: Sampler; readonly validation: RunValidation },
): void {
  checkValidation(training, validation.figureNames);
  checkLossExamples(training.losses, sampler, { steps: runLength(training, sampler), triples: training.triples });
}

function checkValidation({ metric, patience }: TrainingConfig, figures: readonly string[]): void {
  const named = metric === LAST_STEP ? null : metric;
  if (figures.length === 0) {
    const useless = patience !== null ? 'patience' : named !== null ? 'metric' : undefined;
    if (useless === undefined) return;
    throw new OptionError(
      `training.${useless} is set, and nothing is validated: hold pairs out (validationShare) or name questions (--validate)`,
    );
  }
  if (named !== null && !figures.includes(named)) {
    const names = [...figures, LAST_STEP];
    throw new OptionError(
      `there is no validation figure '${named}'${suggestion(named, names)}; there are: ${names.join(', ')}`,
    );
  }
}

/** @param pairs All that will be encoded. @throws PromptTooLongError, CheckpointError for a token without a word embedding */
export function checkLengths(pairs: readonly WordPair[], { prompt, maxLength, everyTokenHasRow }: RelationModel): void {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  // A token covers at least a byte, so only a text with more bytes than allowed tokens needs a check.
  const room = maxLength - bytes(prompt.text) - 2;
  for (const pair of pairs) {
    if (everyTokenHasRow && 2 * (bytes(pair.head) + bytes(pair.tail)) <= room) continue;
    const { length } = prompt.encode(pair).ids;
    if (length > maxLength) throw new PromptTooLongError({ index: 0, pair, length, limit: maxLength });
  }
}
