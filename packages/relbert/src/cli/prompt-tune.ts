/** `relbert prompt tune`: P-tuning. */
import { type Command, Option } from 'commander';
import type { TunePromptEvent } from '../run/tune.ts';
import { examples } from './examples.ts';
import { positive } from './model-options.ts';
import { duration } from './progress.ts';
import {
  aboveZero,
  addPromptDataOptions,
  addRunOptions,
  dataNote,
  measured,
  promptDataOptions,
  type RunFlags,
  triggerCounts,
} from './prompt-options.ts';
import { QueuedBar } from './queued-bar.ts';
import { goingOn, type ResumeFlag, resumeOption } from './resume-option.ts';
import { seed } from './seed-option.ts';
import type { Terminal } from './terminal.ts';

interface PromptTuneFlags extends RunFlags {
  readonly reparameterization: 'none' | 'mlp' | 'lstm';
  readonly steps: number;
  readonly lr: number;
  readonly every: number;
  readonly resume?: ResumeFlag;
}

export function addPromptTuneCommand(prompt: Command, terminal: Terminal): void {
  const command = prompt
    .command('tune')
    .summary('P-tuning: trained vectors instead of prompt tokens')
    .description(
      'P-tuning: trains vectors around the two words on the triplet loss, the language model frozen. A run that was stopped or killed goes on with --resume.',
    );
  addRunOptions(addPromptDataOptions(command), 'vectors', seed)
    .addOption(
      new Option('--reparameterization <network>', 'network that makes the vectors while they are trained')
        .choices(['none', 'mlp', 'lstm'])
        .default('lstm'),
    )
    .option('--steps <n>', 'steps of the run', positive, 100)
    .option('--lr <x>', 'learning rate', aboveZero, 1e-3)
    .addOption(resumeOption())
    .option('--every <n>', 'validate and write a checkpoint each so many steps', positive, 10)
    .addHelpText(
      'after',
      examples(['relbert prompt tune --model all-MiniLM-L6-v2 --begin 2 --middle 2 --end 2 --output my-soft-prompt']),
    )
    .action((flags: PromptTuneFlags) => run(flags, terminal));
}

async function run(flags: PromptTuneFlags, terminal: Terminal): Promise<void> {
  const counts = triggerCounts(flags);
  const { tunePrompt } = await import('../run/tune.ts');
  const { options, stop } = await promptDataOptions(flags, terminal);
  const bar = new QueuedBar(terminal);
  try {
    const { output, layout, reparameterization, steps, every } = flags;
    const events = tunePrompt({
      ...options,
      ...{ output, layout, counts, reparameterization, steps, every, seed: flags.seed, learningRate: flags.lr },
      ...(flags.resume && { resume: flags.resume }),
      ...(flags.overwrite && { overwrite: true }),
    });
    for await (const event of events) await show(event, bar, terminal);
  } finally {
    await bar.stop();
    await stop();
  }
}

async function show(event: TunePromptEvent, bar: QueuedBar, terminal: Terminal): Promise<void> {
  switch (event.kind) {
    case 'data':
      terminal.note(dataNote(event));
      break;
    case 'measuring':
      bar.show(measured[event.what], 'batches', event.batch, event.batches);
      break;
    case 'start':
      terminal.note(
        `${goingOn(event)}${event.steps} steps, ${event.trainedParameters.toLocaleString('en-US')} parameters: ${event.text}`,
      );
      break;
    case 'step':
      bar.show(`loss ${event.loss.toFixed(3)}`, 'steps', event.step, event.steps);
      break;
    case 'validation':
      terminal.note(`step ${event.step}: validation loss ${event.value.toFixed(4)}${event.best ? ' (best)' : ''}`);
      break;
    case 'done':
      await bar.stop();
      terminal.note(
        `${event.step} steps in ${duration(event.seconds)}; vectors of step ${event.weightsFrom}, validation loss ` +
          `${event.first?.toFixed(4)} before, ${event.best?.value.toFixed(4)} now`,
      );
      break;
    case 'saved':
      await terminal.print(event.folder);
      break;
  }
}
