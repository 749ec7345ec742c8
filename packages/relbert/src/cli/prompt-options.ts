/** The options that `relbert prompt search`, `tune` and `compare` share. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { poolings } from '../encoder/pooling-table.ts';
import type { PromptDataOptions } from '../run/problem.ts';
import type { DeviceChoice } from '../runtime/device.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { deviceOption, positive } from './model-options.ts';
import type { Terminal } from './terminal.ts';

/** What {@link addPromptDataOptions} adds, as commander hands it over. */
export interface PromptDataFlags {
  readonly model: string;
  readonly pooling?: string;
  readonly data?: readonly string[];
  readonly excludeRelation?: readonly string[];
  readonly excludePairs?: readonly string[];
  readonly top?: number;
  readonly bottom?: number;
  readonly validationShare?: number;
  readonly margin?: number;
  readonly distance?: 'euclidean' | 'cosine';
  readonly threads?: number;
  readonly device?: DeviceChoice;
  readonly offline?: boolean;
}

export function addPromptDataOptions(command: Command): Command {
  return command
    .requiredOption('--model <model>', 'language model: folder, hub id, or id@revision')
    .option('--pooling <pooling>', `${poolings.join(', ')} (default: the model's own, or average_no_mask)`)
    .option('--data <source...>', 'semeval2012 (default), package/..., files of relations, folders of SemEval ratings')
    .option('--exclude-relation <name...>', 'leave out relations by name or id, or whole categories')
    .option('--exclude-pairs <file...>', 'leave out, in both orders, every pair of these analogy or relation files')
    .option('--top <n>', 'SemEval: pairs with the highest ratings, the positives (default: 10)', positive)
    .option('--bottom <n>', 'SemEval: pairs with the lowest ratings, the negatives (default: 10)', whole)
    .option('--validation-share <share>', 'share of the pairs kept for the validation loss (default: 0.2)', share)
    .option('--margin <x>', 'of the triplet loss (default: 1)', number)
    .addOption(
      new Option('--distance <name>', 'of the triplet loss (default: euclidean)').choices(['euclidean', 'cosine']),
    )
    .option('--threads <number>', 'threads of one operator (default: one a physical core)', positive)
    .addOption(deviceOption())
    .option('--offline', 'use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)');
}

/** What {@link addRunOptions} adds. */
export interface RunFlags extends PromptDataFlags {
  readonly begin?: number;
  readonly middle?: number;
  readonly end?: number;
  readonly output: string;
  readonly layout: '2021' | '2023';
  readonly seed: number;
  readonly overwrite?: boolean;
}

/** Counts of triggers, output folder, seed and resumption. */
export function addRunOptions(command: Command, what: string, seed: (text: string) => number): Command {
  return command
    .requiredOption('--output <dir>', 'folder to be made: config.json with the prompt, prompt.jsonl, loss.svg')
    .option('--begin <n>', `${what} before the head word`, whole)
    .option('--middle <n>', `${what} between the words`, whole)
    .option('--end <n>', `${what} after the tail word`, whole)
    .addOption(
      new Option('--layout <year>', '2021: written as relbert 0.0.2 writes and reads it')
        .choices(['2021', '2023'])
        .default('2023'),
    )
    .option('--seed <number>', 'of everything that is drawn', seed, 0)
    .option('--overwrite', 'replace the run in the output folder');
}

/** The counts of triggers that the flags give. @throws UsageError for none at all */
export function triggerCounts({ begin = 0, middle = 0, end = 0 }: RunFlags): {
  begin: number;
  middle: number;
  end: number;
} {
  if (begin + middle + end === 0) {
    throw new UsageError('there are no triggers at all: give --begin, --middle or --end');
  }
  return { begin, middle, end };
}

/** The flags as the library takes them, with progress where files are fetched. */
export async function promptDataOptions(flags: PromptDataFlags, terminal: Terminal) {
  const { parsePooling } = await import('../encoder/pooling.ts');
  const { pooling } = flags;
  const fetching = fetchProgress(terminal, flags.offline);
  const options: PromptDataOptions = {
    model: flags.model,
    signal: terminal.signal,
    hub: fetching.hub,
    onNotice: terminal.note,
    ...(pooling !== undefined && { pooling: checkUsage(() => parsePooling(pooling)) }),
    ...(flags.data && { data: flags.data }),
    ...(flags.excludeRelation && { excludeRelations: flags.excludeRelation }),
    ...(flags.excludePairs && { excludePairs: flags.excludePairs }),
    ...(flags.top !== undefined && { top: flags.top }),
    ...(flags.bottom !== undefined && { bottom: flags.bottom }),
    ...(flags.validationShare !== undefined && { validationShare: flags.validationShare }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
    device: flags.device,
  };
  const loss = {
    ...(flags.margin !== undefined && { margin: flags.margin }),
    ...(flags.distance !== undefined && { distance: flags.distance }),
  };
  return { options: { ...options, ...loss }, stop: () => fetching.stop() };
}

/** What a pass over the data measures, for a person. */
export const measured = { loss: 'training loss', validation: 'validation loss', gradient: 'gradient' } as const;

/** What was read, for a person. */
export function dataNote(event: {
  readonly relations: number;
  readonly validation: number;
  readonly excludedPairs: number;
}): string {
  const excluded = event.excludedPairs > 0 ? `; ${event.excludedPairs} pairs left out` : '';
  return `${event.relations} relations, ${event.validation} of them with held-out pairs${excluded}`;
}

function parsed(expected: string, valid: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !valid(value)) {
      throw new InvalidArgumentError(`Expected ${expected}.`);
    }
    return value;
  };
}

/** Values of options. */
export const whole = parsed('a whole number from 0 upward', (value) => Number.isSafeInteger(value) && value >= 0);
const share = parsed('a number from 0 to below 1', (value) => value >= 0 && value < 1);
const number = parsed('a number', () => true);
export const aboveZero = parsed('a number above 0', (value) => value > 0);
