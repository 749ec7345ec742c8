/** `relbert prompt tune`: P-tuning. */

import type { TunePromptEvent } from '../run/tune.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { aboveZero, choice, type Flags, fromOne, number, withDefault } from './option.ts';
import { count, duration } from './progress.ts';
import { dataNote, measured, promptDataOptions, runOptions, runPromptJob, triggerCounts } from './prompt-options.ts';
import type { QueuedBar } from './queued-bar.ts';
import { goingOn, resumeOption } from './resume-option.ts';
import type { Terminal } from './terminal.ts';

const options = {
  ...promptDataOptions,
  ...runOptions('vectors'),
  reparameterization: withDefault(
    choice('<network>', 'network that makes the vectors while they are trained', ['none', 'mlp', 'lstm']),
    'lstm',
  ),
  steps: withDefault(number('<n>', 'steps of the run', fromOne), 100),
  lr: withDefault(number('<x>', 'learning rate', aboveZero), 1e-3),
  resume: resumeOption,
  every: withDefault(number('<n>', 'validate and write a checkpoint every n steps', fromOne), 10),
};

export const promptTune = command({
  name: 'tune',
  summary: 'P-tuning: trained vectors instead of prompt tokens',
  description:
    'P-tuning: trains vectors around the two words on the triplet loss, the language model frozen. A run that was stopped or killed goes on with --resume.',
  options,
  examples: ['relbert prompt tune --model all-MiniLM-L6-v2 --begin 2 --middle 2 --end 2 --output my-soft-prompt'],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(flags: Flags<typeof options>, terminal: Terminal): Promise<void> {
  const counts = triggerCounts(flags);
  const { tunePrompt } = await import('../run/tune.ts');
  const {
    output,
    layout,
    reparameterization,
    steps,
    every,
    seed,
    lr: learningRate,
    resume = false,
    overwrite = false,
  } = flags;
  let loss = '';
  await runPromptJob(
    flags,
    terminal,
    (data) =>
      tunePrompt({
        ...data,
        ...{ output, layout, counts, reparameterization, steps, every, seed, learningRate, resume, overwrite },
      }),
    (event, bar) => {
      if (event.kind === 'data') loss = measured[event.lossOver];
      return show(event, loss, bar, terminal);
    },
  );
}

async function show(event: TunePromptEvent, loss: string, bar: QueuedBar, terminal: Terminal): Promise<void> {
  switch (event.kind) {
    case 'data':
      terminal.note(dataNote(event));
      break;
    case 'measuring':
      bar.show(measured[event.what], 'batches', event.batch, event.batches);
      break;
    case 'start':
      terminal.note(
        `${goingOn(event)}${counted(event.steps, 'step')}, ${count(event.trainedParameters)} parameters: ${event.text}`,
      );
      break;
    case 'step':
      bar.show(`loss ${event.loss.toFixed(3)}`, 'steps', event.step, event.steps);
      break;
    case 'validation':
      terminal.note(`step ${event.step}: ${loss} ${event.value.toFixed(4)}${event.best ? ' (best)' : ''}`);
      break;
    case 'done':
      await bar.stop();
      terminal.note(
        `${counted(event.step, 'step')} in ${duration(event.seconds)}; vectors of step ${event.weightsFrom}, ${loss} ` +
          `${event.first?.toFixed(4)} before, ${event.best?.value.toFixed(4)} now`,
      );
      break;
    case 'saved':
      await terminal.print(event.folder);
      break;
  }
}
