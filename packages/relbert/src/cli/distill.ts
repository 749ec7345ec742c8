/** `relbert distill`: trains a relation encoder from a language model. */

import type { DistillEvent } from '../run/distill.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { type DistillFlags, distillOptions, flagSettings } from './distill-options.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { learnedPrompt } from './model-options.ts';
import { duration } from './progress.ts';
import { QueuedBar } from './queued-bar.ts';
import { goingOn } from './resume-option.ts';
import type { Terminal } from './terminal.ts';

export const distill = command({
  name: 'distill',
  summary: 'train a relation encoder from a language model',
  description:
    'Trains a relation encoder from a pretrained language model. A recipe says how; --set sets any setting of it by path, and the everyday ones have flags. A run that was stopped or killed goes on with --resume.',
  options: distillOptions,
  examples: [
    'relbert distill --model sentence-transformers/all-MiniLM-L6-v2 --output my-encoder',
    'relbert distill --model roberta-base --recipe emnlp2021 --every 20 --output paper',
    'relbert distill --model all-MiniLM-L6-v2 --data relations.tsv --batch 8 --output mine --validate u2 google',
    'relbert distill --model roberta-base --set training.clip=0.5 --set training.losses.0.temperature=0.07 --output r',
    'relbert distill --help-settings',
  ],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(flags: DistillFlags, terminal: Terminal): Promise<void> {
  if (flags.helpSettings) {
    await printSettings(terminal);
    return;
  }
  const { model, output, dtype, excludePairs, threads, device, resume, overwrite } = flags;
  if (model === undefined) throw new UsageError('--model is missing: the language model to start from');
  if (output === undefined) throw new UsageError('--output is missing: the folder to create');
  const { readRecipe } = await import('../run/recipe-file.ts');
  const { parseSetting, withSettings } = await import('../train/recipe-settings.ts');
  const recipeOfName = await readRecipe(flags.recipe);
  const sets = checkUsage(() => (flags.set ?? []).map(parseSetting));
  const learned = flags.prompt === undefined ? undefined : await learnedPrompt(flags.prompt, flags);
  if (learned && sets.some(([path]) => path === 'template')) {
    throw new UsageError('--prompt and --set template set the same: leave one out');
  }
  // A prompt was found with a pooling, which counts unless the flags say another. The recipe's template does not.
  const prompted = learned && { template: null, ...(learned.pooling !== undefined && { pooling: learned.pooling }) };
  const recipe = checkUsage(() =>
    withSettings(recipeOfName, { ...prompted, ...flagSettings(flags, recipeOfName, sets) }),
  );
  const { readAnalogySets } = await import('./analogy-sets.ts');
  const validate = flags.validate ? await readAnalogySets(flags.validate, 'valid') : [];
  const { distill: train } = await import('../run/distill.ts');
  const fetching = fetchProgress(terminal, flags.offline);
  const display = new RunDisplay(terminal);
  try {
    const events = train({
      ...{ model, output, recipe, recipeName: flags.recipe, prompt: learned?.prompt, validate },
      ...{ dtype, excludePairs, threads, device, resume, overwrite },
      ...{ signal: terminal.signal, hub: fetching.hub, onNotice: terminal.note },
      onTeacher: ({ done, total }) => display.teacher(done, total),
    });
    for await (const event of events) await display.show(event);
  } finally {
    await display.stop();
    await fetching.stop();
  }
}

/** Every setting of a recipe, for a person. */
async function printSettings({ print, style }: Terminal): Promise<void> {
  const { describeSettings } = await import('../train/recipe-settings.ts');
  await print(
    'Settings of a recipe, for --set PATH=VALUE and recipe files. Values are JSON or text; null is the default',
  );
  await print('where a setting takes no null. Places of lists: 0, 1, … or * for every element that has the setting.\n');
  for (const { path, of, type, default: value, description } of describeSettings()) {
    const facts = [
      type,
      ...(of === undefined ? [] : [`of ${of}`]),
      ...(value === undefined ? [] : [`default ${value}`]),
    ];
    await print(`${style.bold(path)}  ${facts.join('; ')}${description === '' ? '' : `\n    ${description}`}`);
  }
}

/** A bar of the steps with loss and remaining time, and a line for what is worth keeping. */
class RunDisplay {
  readonly #terminal: Terminal;
  readonly #bar: QueuedBar;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#bar = new QueuedBar(terminal);
  }

  teacher(done: number, total: number): void {
    this.#bar.show('teacher', 'pairs', done, total);
  }

  async show(event: DistillEvent): Promise<void> {
    const terminal = this.#terminal;
    switch (event.kind) {
      case 'data':
        terminal.note(
          `${counted(event.relations, 'relation')}, ${counted(event.pairs, 'pair')}${event.excludedPairs > 0 ? `; ${counted(event.excludedPairs, 'pair')} left out` : ''}`,
        );
        if (event.droppedRelations.length > 0) {
          terminal.warn(
            `too few pairs are left of: ${event.droppedRelations.join(', ')}; these relations are left out`,
          );
        }
        break;
      case 'start':
        terminal.note(
          `${goingOn(event)}${counted(event.steps, 'step')}, ${(event.trainedParameters / 1e6).toFixed(1)} M of ${(event.parameters / 1e6).toFixed(1)} M parameters are trained`,
        );
        break;
      case 'step':
        this.#bar.show(`loss ${event.loss.toFixed(3)}`, 'steps', event.step, event.steps);
        break;
      case 'validation':
        terminal.note(
          `step ${event.step}: ${Object.entries(event.figures)
            .map(([name, value]) => `${name} ${name === 'loss' ? value.toFixed(4) : (100 * value).toFixed(1)}`)
            .join(', ')}${event.best ? ' (best)' : ''}`,
        );
        break;
      case 'measuring':
      case 'checkpoint':
        break;
      case 'early-stop':
        terminal.note(`no better validation ${event.patience} times: stopped after step ${event.step}`);
        break;
      case 'done':
        await this.stop();
        terminal.note(
          `${counted(event.step, 'step')} in ${duration(event.seconds)}; weights of step ${event.weightsFrom}${event.best && event.best.metric !== 'step' ? ` (${event.best.metric} ${event.best.metric === 'loss' ? event.best.value.toFixed(4) : (100 * event.best.value).toFixed(1)})` : ''}`,
        );
        break;
      case 'finished-before':
        terminal.note(
          `this run is finished${event.step === undefined ? '' : ` (${counted(event.step, 'step')})`}: nothing was changed`,
        );
        await terminal.print(event.folder);
        break;
      case 'saved':
        await terminal.print(event.folder);
        break;
    }
  }

  stop(): Promise<void> {
    return this.#bar.stop();
  }
}
