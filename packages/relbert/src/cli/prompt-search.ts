/** `relbert prompt search`: AutoPrompt. */

import type { SearchPromptEvent } from '../run/search.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { choice, type Flags, flag, fromOne, negated, number, text, withDefault } from './option.ts';
import { duration } from './progress.ts';
import { dataNote, measured, promptDataOptions, runOptions, runPromptJob, triggerCounts } from './prompt-options.ts';
import type { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

const options = {
  ...promptDataOptions,
  ...runOptions('trigger tokens'),
  template: text('<template>', 'start from the tokens of this template (c, d or a text) instead of mask tokens'),
  iterations: withDefault(number('<n>', 'iterations, each for one trigger', fromOne), 50),
  k: withDefault(number('<n>', 'candidates of an iteration', fromOne), 50),
  position: withDefault(
    choice('<which>', 'the trigger of an iteration: a random one, or the one that promises most', ['random', 'best']),
    'random',
  ),
  wholeWords: flag('no tokens that continue a word'),
  resume: flag('go on with the search in the output folder'),
  pairWords: negated('no words of the training pairs'),
  exhaustive: flag('let every candidate see all triples; else the clearly worse drop out early'),
};

export const promptSearch = command({
  name: 'search',
  summary: 'AutoPrompt: trigger tokens found by gradient-guided search',
  description:
    'AutoPrompt: looks for trigger tokens around the two words with which the language model, as it is, has the lowest triplet loss. A search that was stopped or killed goes on with --resume.',
  options,
  examples: [
    'relbert prompt search --model all-MiniLM-L6-v2 --begin 2 --middle 2 --end 2 --output my-prompt',
    'relbert prompt search --model roberta-base --template d --whole-words --output from-template',
  ],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(flags: Flags<typeof options>, terminal: Terminal): Promise<void> {
  const { begin, middle, end, template } = flags;
  const given = begin !== undefined || middle !== undefined || end !== undefined;
  const counts = given || template === undefined ? triggerCounts(flags) : undefined;
  const { searchPrompt } = await import('../run/search.ts');
  const { output, layout, iterations, k, position, seed, pairWords } = flags;
  const { wholeWords = false, exhaustive = false, resume = false, overwrite = false } = flags;
  await runPromptJob(
    flags,
    terminal,
    (data) =>
      searchPrompt({
        ...data,
        ...{ output, layout, iterations, k, position, seed, wholeWords, exhaustive, resume, overwrite },
        noPairWords: pairWords === false,
        ...(counts && { counts }),
        ...(template !== undefined && { template }),
      }),
    (event, bar) => show(event, iterations, bar, terminal),
  );
}

async function show(event: SearchPromptEvent, iterations: number, bar: QueuedBar, terminal: Terminal): Promise<void> {
  switch (event.kind) {
    case 'data':
      terminal.note(dataNote(event));
      break;
    case 'measuring':
      bar.show(measured[event.what], 'batches', event.batch, event.batches);
      break;
    case 'start':
      terminal.note(
        event.loss === undefined
          ? `going on after iteration ${event.iteration}: ${event.text}`
          : `start: loss ${event.loss.toFixed(4)}${shownValidation(event.validation)}: ${event.text}`,
      );
      break;
    case 'screening': {
      const label = `iteration ${event.iteration}/${iterations}, ${event.running} candidates`;
      bar.show(label, 'batches', event.batch, event.batches);
      break;
    }
    case 'iteration':
      if (event.improved) {
        terminal.note(
          `iteration ${event.iteration}: loss ${event.loss.toFixed(4)}${shownValidation(event.validation)}: ${event.text}`,
        );
      }
      break;
    case 'converged':
      terminal.note(`no candidate at any place is better: the search ends after iteration ${event.iteration}`);
      break;
    case 'done': {
      await bar.stop();
      const { iteration, loss, validation } = event.best;
      terminal.note(
        `${counted(event.iteration, 'iteration')} in ${duration(event.seconds)}; prompt of iteration ${iteration}, ` +
          `loss ${loss.toFixed(4)}${shownValidation(validation)}: ${event.text}`,
      );
      break;
    }
    case 'saved':
      await terminal.print(event.folder);
      break;
  }
}

function shownValidation(validation: number | undefined): string {
  return validation === undefined ? '' : `, validation ${validation.toFixed(4)}`;
}
