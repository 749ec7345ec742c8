import { OptionError } from '../encoder/option-error.ts';
import { searchStore } from '../node/search-store.ts';
import type { TriggerCounts } from '../prompt/trigger-counts.ts';
import { type AutopromptOptions, autoprompt } from '../search/autoprompt.ts';
import type { AutopromptEvent } from '../search/autoprompt-event.ts';
import { triggersOf, triggersOfTemplate } from '../search/trigger-prompt.ts';
import { type PromptRunEvent, type PromptRunOptions, readPromptProblem, savePrompt, searchRun } from './prompt-run.ts';
import { RunFolder } from './run-folder.ts';

export interface SearchPromptOptions
  extends PromptRunOptions,
    Pick<AutopromptOptions, 'iterations' | 'k' | 'position'> {
  /** Go on with the search in the folder. */
  readonly resume?: boolean | undefined;
  /** Triggers before, between and after the words; not together with `template`. */
  readonly counts?: TriggerCounts | undefined;
  /** Start from the tokens of this manual template. */
  readonly template?: string | undefined;
  /** Leave out tokens that continue words. */
  readonly wholeWords?: boolean | undefined;
  /** Leave the words of the training pairs out. */
  readonly noPairWords?: boolean | undefined;
  /** Let every candidate see every triple. */
  readonly exhaustive?: boolean | undefined;
}

export type SearchPromptEvent = AutopromptEvent | PromptRunEvent;

/**
 * AutoPrompt from files to a folder: `config.json` with the prompt, `prompt.jsonl`, `loss.svg`, and `search.json`, from
 * which a stopped search resumes.
 *
 * @throws OptionError, CheckpointError, DataError, PromptError or SamplingError for what cannot be used; FileError where
 *   another process holds the folder; ConfigurationMismatchError for a resumed run with other settings; the signal's reason
 *   when aborted
 */
export async function* searchPrompt(options: SearchPromptOptions): AsyncGenerator<SearchPromptEvent> {
  const { output, wholeWords = false, noPairWords, exhaustive, template } = options;
  if (options.counts && template !== undefined) {
    throw new OptionError('--template says how many triggers there are: leave --begin, --middle and --end out');
  }
  await using folder = await RunFolder.open(searchRun, options);
  const { origin, ...problem } = yield* readPromptProblem(options);
  const { model, relations, validation, layout } = problem;
  const start = template === undefined ? undefined : triggersOfTemplate(template, model.tokenizer);
  const pairWords = () => [...relations, ...validation].flatMap((set) => [...set.positives, ...set.negatives]);
  const events = autoprompt({
    ...options,
    ...problem,
    counts: start?.counts ?? options.counts ?? { begin: 0, middle: 0, end: 0 },
    store: searchStore(output),
    filters: { wholeWords, ...(noPairWords && { pairWords: pairWords() }) },
    ...(start && { initial: start.ids }),
    ...(exhaustive && { deviations: Number.POSITIVE_INFINITY }),
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
      const { spec, text, best } = event;
      const tokens = triggersOf(spec).map((id) => model.tokenizer.token(id) as string);
      const prompt = layout === '2021' ? spec : { ...spec, tokens };
      const about = { foundBy: 'relbert prompt search', model: origin, tokens, ...best };
      await savePrompt(folder, { prompt, pooling: model.pooling, text, form: layout }, about, 'iteration');
    }
    yield event;
  }
  yield { kind: 'saved', folder: output };
}
