/** The options that `relbert prompt search`, `tune` and `compare` share. */

import { poolings } from '../encoder/pooling-table.ts';
import type { TriggerCounts } from '../prompt/trigger-counts.ts';
import type { PromptDataEvent, PromptDataOptions } from '../run/problem.ts';
import type { HingeOptions } from '../train/prompt-problem.ts';
import { counted } from './counted.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { modelOptions } from './model-options.ts';
import {
  anyNumber,
  choice,
  type Flags,
  flag,
  fromOne,
  fromZero,
  list,
  number,
  outputFolder,
  required,
  share,
  text,
  withDefault,
} from './option.ts';
import { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

export const promptDataOptions = {
  model: required(text('<model>', 'language model: folder, hub id, or id@revision')),
  pooling: text('<pooling>', `${poolings.join(', ')} (default: the model's, or average_no_mask)`),
  data: list('<source...>', 'semeval2012 (default), package/..., files of relations, folders of SemEval ratings'),
  excludeRelation: list('<name...>', 'leave out relations by name or id, or whole categories'),
  excludePairs: list('<file...>', 'leave out, in both orders, every pair of these analogy or relation files'),
  top: number('<n>', 'SemEval: pairs with the highest ratings, the positives (default: 10)', fromOne),
  bottom: number('<n>', 'SemEval: pairs with the lowest ratings, the negatives (default: 10)', fromZero),
  validationShare: number('<share>', 'share of the pairs kept for the validation loss (default: 0.2)', share),
  margin: number('<x>', 'of the triplet loss (default: 1)', anyNumber),
  distance: choice('<name>', 'of the triplet loss (default: euclidean)', ['euclidean', 'cosine']),
  threads: modelOptions.threads,
  device: modelOptions.device,
  offline: modelOptions.offline,
};
type PromptDataFlags = Flags<typeof promptDataOptions>;

/** Output folder, counts of triggers (`what`), seed and resumption. */
export function runOptions(what: string) {
  return {
    output: required(outputFolder('folder to create: config.json with the prompt, prompt.jsonl, loss.svg')),
    begin: number('<n>', `${what} before the head word`, fromZero),
    middle: number('<n>', `${what} between the words`, fromZero),
    end: number('<n>', `${what} after the tail word`, fromZero),
    layout: withDefault(
      choice('<year>', '2021: written as relbert 0.0.2 writes and reads it', ['2021', '2023']),
      '2023',
    ),
    seed: withDefault(number('<number>', 'of everything that is drawn', fromZero), 0),
    overwrite: flag('replace the run in the output folder'),
  };
}
type RunFlags = Flags<ReturnType<typeof runOptions>>;

/** The counts of triggers that the flags give. @throws UsageError for none at all */
export function triggerCounts({ begin = 0, middle = 0, end = 0 }: RunFlags): TriggerCounts {
  if (begin + middle + end === 0) {
    throw new UsageError('there are no triggers at all: give --begin, --middle or --end');
  }
  return { begin, middle, end };
}

/** Runs `job` with the flags as the library takes them, and shows its events and the progress of files that are fetched. */
export async function runPromptJob<E>(
  flags: PromptDataFlags,
  terminal: Terminal,
  job: (data: PromptDataOptions & HingeOptions) => AsyncIterable<E>,
  show: (event: E, bar: QueuedBar) => Promise<void>,
): Promise<void> {
  const { parsePooling } = await import('../encoder/pooling.ts');
  const { pooling, model, data, excludeRelation, excludePairs, top, bottom, validationShare, threads, device } = flags;
  const { margin, distance } = flags;
  const fetching = fetchProgress(terminal, flags.offline);
  try {
    await using bar = new QueuedBar(terminal);
    const events = job({
      ...{ model, data, excludeRelations: excludeRelation, excludePairs, top, bottom, validationShare },
      ...{ threads, device, margin, distance, signal: terminal.signal, hub: fetching.hub, onNotice: terminal.note },
      pooling: pooling === undefined ? undefined : checkUsage(() => parsePooling(pooling)),
    });
    for await (const event of events) await show(event, bar);
  } finally {
    await fetching.stop();
  }
}
/** What a pass over the data measures, for a person. */
export const measured = {
  loss: 'training loss',
  training: 'training loss',
  validation: 'validation loss',
  gradient: 'gradient',
} as const;

/** What was read, for a person. */
export function dataNote({ relations, validation, excludedPairs }: PromptDataEvent): string {
  const excluded = excludedPairs > 0 ? `; ${counted(excludedPairs, 'pair')} left out` : '';
  return `${counted(relations, 'relation')}, ${validation} of them with held-out pairs${excluded}`;
}
