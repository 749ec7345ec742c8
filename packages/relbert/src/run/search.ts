import { OptionError } from '../encoder/option-error.ts';
import { nodeRuntime } from '../node/runtime.ts';
import { searchStore } from '../node/search-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import type { TriggerCounts } from '../prompt/trigger-counts.ts';
import { autoprompt } from '../search/autoprompt.ts';
import type { AutopromptEvent } from '../search/autoprompt-event.ts';
import { triggersOf, triggersOfTemplate } from '../search/trigger-prompt.ts';
import { type PromptDataOptions, readPromptData } from './problem.ts';
import { checkLayout, drawCurve, type PromptRunEvent, promptRun, savePrompt } from './prompt-output.ts';
import { RunFolder, type RunFolderOptions } from './run-folder.ts';

export interface SearchPromptOptions extends PromptDataOptions, Omit<RunFolderOptions, 'read' | 'resume'> {
  /** Go on with the search in the folder. */
  readonly resume?: boolean;
  /** Triggers before, between and after the words; not together with `template`. */
  readonly counts?: TriggerCounts;
  /** Start from the tokens of this manual template. */
  readonly template?: string;
  readonly iterations?: number;
  readonly k?: number;
  readonly position?: 'random' | 'best';
  /** Leave out tokens that continue words. */
  readonly wholeWords?: boolean;
  /** Leave the words of the training pairs out. */
  readonly noPairWords?: boolean;
  /** Let every candidate see every triple. */
  readonly exhaustive?: boolean;
  readonly margin?: number;
  readonly distance?: 'euclidean' | 'cosine';
  readonly layout?: PromptLayout;
  readonly seed?: number;
}

export type SearchPromptEvent = AutopromptEvent | PromptRunEvent;

/**
 * AutoPrompt from files to a folder: `config.json` with the prompt, `prompt.jsonl`, `loss.svg`, and `search.json`, from
 * which a stopped search resumes.
 */
export async function* searchPrompt(options: SearchPromptOptions): AsyncGenerator<SearchPromptEvent> {
  const { output, seed = 0, layout = '2023', k, iterations, position, signal, threads, margin, distance } = options;
  if (options.counts && options.template !== undefined) {
    throw new OptionError('--template says how many triggers there are: leave --begin, --middle and --end out');
  }
  await using folder = await RunFolder.open(promptRun, options);
  const { checkpoint, model, train, validation, excludedPairs, configuration } = await readPromptData(options);
  checkLayout(layout, model.pooling);
  yield { kind: 'data', relations: train.length, validation: validation.length, excludedPairs };
  const start = options.template === undefined ? undefined : triggersOfTemplate(options.template, model.tokenizer);
  const counts = start?.counts ?? options.counts ?? { begin: 0, middle: 0, end: 0 };
  const events = autoprompt({
    model,
    relations: train,
    validation,
    runtime: nodeRuntime({ device: options.device }),
    threads,
    seed,
    counts,
    layout,
    store: searchStore(output),
    resume: options.resume ?? false,
    configuration,
    signal,
    filters: {
      wholeWords: options.wholeWords ?? false,
      ...(options.noPairWords && {
        pairWords: [...train, ...validation].flatMap((set) => [...set.positives, ...set.negatives]),
      }),
    },
    ...(start && { initial: start.ids }),
    ...(options.exhaustive && { deviations: Number.POSITIVE_INFINITY }),
    ...(k !== undefined && { k }),
    ...(iterations !== undefined && { iterations }),
    ...(position !== undefined && { position }),
    ...(margin !== undefined && { margin }),
    ...(distance !== undefined && { distance }),
  });
  for await (const event of events) {
    // Before the search writes its first state.
    await folder.begin();
    if (event.kind === 'start') {
      const { iteration } = event;
      await folder.openLog(({ iteration: at }) => iteration > 0 && typeof at === 'number' && at <= iteration);
      if (event.loss !== undefined) await folder.append(event);
    } else if (event.kind !== 'screening' && event.kind !== 'measuring') {
      await folder.append(event);
    }
    if (event.kind === 'done') {
      const tokens = triggersOf(event.spec).map((id) => model.tokenizer.token(id) as string);
      const prompt = layout === '2021' ? event.spec : { ...event.spec, tokens };
      await savePrompt(output, { prompt, pooling: model.pooling, text: event.text }, layout, {
        foundBy: 'relbert prompt search',
        model: checkpoint.origin,
        tokens,
        ...event.best,
      });
      await drawCurve(folder, 'iteration');
    }
    yield event;
  }
  yield { kind: 'saved', folder: output };
}
