/** `relbert distill`: trains a relation encoder from a language model. */
import type { Command } from 'commander';
import type { DistillEvent } from '../run/distill.ts';
import { addDistillOptions, type DistillFlags, recipeOverrides } from './distill-options.ts';
import { examples } from './examples.ts';
import { checkUsage } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { learnedPrompt } from './model-options.ts';
import { duration } from './progress.ts';
import { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

export function addDistillCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('distill')
    .summary('train a relation encoder from a language model')
    .description(
      'Trains a relation encoder from a pretrained language model. A recipe says how; every option of a recipe is an option here too. A run that was stopped or killed goes on with --resume.',
    );
  addDistillOptions(command)
    .addHelpText(
      'after',
      examples([
        'relbert distill --model sentence-transformers/all-MiniLM-L6-v2 --output my-encoder',
        'relbert distill --model roberta-base --recipe emnlp2021 --every 20 --output paper',
        'relbert distill --model all-MiniLM-L6-v2 --data relations.tsv --batch 8 --output mine --validate u2 google',
      ]),
    )
    .action((flags: DistillFlags) => run(flags, terminal));
}

async function run(flags: DistillFlags, terminal: Terminal): Promise<void> {
  const { readRecipe } = await import('../run/recipe-file.ts');
  const { overrideRecipe } = await import('../run/override.ts');
  const named = await readRecipe(flags.recipe);
  const learned = flags.prompt === undefined ? undefined : await learnedPrompt(flags.prompt, flags);
  // A prompt was found with a pooling: it counts unless told otherwise. The recipe's template does not.
  const pooling = flags.pooling ?? learned?.pooling;
  const overrides = { ...recipeOverrides(flags), ...(pooling !== undefined && { pooling }) };
  const recipe = checkUsage(() => overrideRecipe(learned ? { ...named, template: null } : named, overrides));
  const { readAnalogySets } = await import('./analogy-sets.ts');
  const validate = flags.validate ? await readAnalogySets(flags.validate, 'valid') : [];
  const { distill } = await import('../run/distill.ts');
  const fetching = fetchProgress(terminal, flags.offline);
  const display = new RunDisplay(terminal);
  try {
    const events = distill({
      model: flags.model,
      output: flags.output,
      recipe,
      ...(learned && { prompt: learned.prompt }),
      recipeName: flags.recipe,
      validate,
      dtype: flags.dtype,
      signal: terminal.signal,
      hub: fetching.hub,
      onNotice: terminal.note,
      onTeacher: (done, total) => display.teacher(done, total),
      ...(flags.excludePairs && { excludePairs: flags.excludePairs }),
      ...(flags.threads !== undefined && { threads: flags.threads }),
      ...(flags.resume && { resume: true }),
      ...(flags.overwrite && { overwrite: true }),
    });
    for await (const event of events) await display.show(event);
  } finally {
    await display.stop();
    await fetching.stop();
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
          `${event.relations} relations, ${event.pairs} pairs${event.excludedPairs > 0 ? `; ${event.excludedPairs} pairs left out` : ''}`,
        );
        if (event.droppedRelations.length > 0) {
          terminal.warn(
            `too few pairs are left of: ${event.droppedRelations.join(', ')}; these relations are left out`,
          );
        }
        break;
      case 'start':
        terminal.note(
          `${event.step > 0 ? `going on after step ${event.step}; ` : ''}${event.steps} steps, ${(event.trainedParameters / 1e6).toFixed(1)} M of ${(event.parameters / 1e6).toFixed(1)} M parameters are trained`,
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
          `${event.step} steps in ${duration(event.seconds)}; weights of step ${event.weightsFrom}${event.best && event.best.metric !== 'step' ? ` (${event.best.metric} ${event.best.metric === 'loss' ? event.best.value.toFixed(4) : (100 * event.best.value).toFixed(1)})` : ''}`,
        );
        break;
      case 'finished-before':
        terminal.note(
          `this run is finished${event.step === undefined ? '' : ` (${event.step} steps)`}: nothing was changed`,
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
