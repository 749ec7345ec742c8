/** `relbert prompt compare`: which of several prompts suits a language model. */
import type { PromptSpec } from '../prompt/spec.ts';
import type { ComparedPrompt, ComparePromptsEvent } from '../run/compare.ts';
import { command } from './command.ts';
import { percent } from './evaluate-analogy.ts';
import { checkUsage, UsageError } from './exit.ts';
import { type Flags, flag, fromOne, fromZero, list, number, text, withDefault } from './option.ts';
import { dataNote, measured, promptDataOptions, runPromptJob } from './prompt-options.ts';
import type { QueuedBar } from './queued-bar.ts';
import type { Terminal } from './terminal.ts';

const options = {
  ...promptDataOptions,
  template: list('<template...>', 'letters a-e, or texts with <subj>, <obj>, <mask> (default: a b c d e)'),
  prompt: list('<dir...>', 'prompts that relbert prompt search or tune wrote'),
  validate: list('<path...>', 'analogy questions: folders with valid.jsonl, or .jsonl files'),
  recipe: withDefault(text('<name>', 'of the fine-tuning: a name or a .json file'), 'emnlp2021'),
  steps: withDefault(number('<n>', 'steps of the fine-tuning; 0: none', fromZero), 20),
  batch: number('<n>', 'relations a step of the fine-tuning (default: as the recipe has it)', fromOne),
  json: flag('print {"model","pooling","recipe","steps","lossOver","results","best"}; best: null where prompts tie'),
};
type PromptCompareFlags = Flags<typeof options>;

export const promptCompare = command({
  name: 'compare',
  summary: 'loss and accuracy of several prompts, before and after a short fine-tuning',
  description:
    'Compares prompts as the paper chooses its template: the triplet loss of held-out pairs (of the training pairs where none are held out), and the accuracy on validation questions, before and after a short fine-tuning.',
  options,
  examples: [
    'relbert prompt compare --model all-MiniLM-L6-v2 --template a --template b --validate data/u2 data/google',
  ],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(flags: PromptCompareFlags, terminal: Terminal): Promise<void> {
  const prompts = await promptsOf(flags);
  const { readRecipe } = await import('../run/recipe-file.ts');
  const { readAnalogySets } = await import('./analogy-sets.ts');
  const { comparePrompts } = await import('../run/compare.ts');
  const recipe = await readRecipe(flags.recipe);
  const validate = flags.validate ? await readAnalogySets(flags.validate, 'valid') : [];
  const { steps, batch } = flags;
  let loss = '';
  await runPromptJob(
    flags,
    terminal,
    (data) => comparePrompts({ ...data, prompts, recipe, validate, steps, ...(batch !== undefined && { batch }) }),
    (event, bar) => {
      if (event.kind === 'data') loss = measured[event.lossOver];
      return show(event, flags, loss, bar, terminal);
    },
  );
}

async function promptsOf({ template, prompt }: PromptCompareFlags): Promise<{ name: string; spec: PromptSpec }[]> {
  const { parseTemplate } = await import('../prompt/template.ts');
  const { readPromptFolder } = await import('../node/prompt-folder.ts');
  const templates = template ?? (prompt ? [] : ['a', 'b', 'c', 'd', 'e']);
  const prompts: { name: string; spec: PromptSpec }[] = templates.map((name) => ({
    name,
    spec: { kind: 'template', text: checkUsage(() => parseTemplate(name)) },
  }));
  for (const folder of prompt ?? []) prompts.push({ name: folder, spec: (await readPromptFolder(folder)).prompt });
  const twice = prompts.find(({ name }, i) => prompts.findIndex((other) => other.name === name) !== i);
  if (twice) throw new UsageError(`'${twice.name}' is given twice: leave one out`);
  return prompts;
}

async function show(
  event: ComparePromptsEvent,
  flags: PromptCompareFlags,
  loss: string,
  bar: QueuedBar,
  terminal: Terminal,
): Promise<void> {
  switch (event.kind) {
    case 'data':
      terminal.note(dataNote(event));
      break;
    case 'measuring':
      bar.show(`${event.name.slice(0, 20)}: ${loss}`, 'batches', event.batch, event.batches);
      break;
    case 'step':
      bar.show(`${event.name.slice(0, 20)}: loss ${event.loss.toFixed(3)}`, 'steps', event.step, event.steps);
      break;
    case 'compared':
      await bar.stop();
      terminal.note(`${event.result.name}: ${rowOf(event.result).slice(1).join('  ')}`);
      break;
    case 'done':
      await terminal.print(flags.json ? asJson(event, flags) : await asText(event, terminal));
      break;
  }
}

function asJson(
  { pooling, lossOver, results, best }: ComparePromptsEvent & { kind: 'done' },
  { model, recipe, steps }: PromptCompareFlags,
): string {
  return JSON.stringify({
    model,
    pooling,
    recipe,
    steps,
    lossOver,
    results,
    best: best.length === 1 ? best[0]?.name : null,
  });
}

async function asText(
  { lossOver, results, best }: ComparePromptsEvent & { kind: 'done' },
  terminal: Terminal,
): Promise<string> {
  const { tableText } = await import('./table.ts');
  const figure = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'prompt' },
    figure('loss before'),
    figure('accuracy % before'),
    figure('loss after'),
    figure('accuracy % after'),
    { title: 'text' },
  ];
  const rows = results.map((result) => [...rowOf(result), result.text]);
  const names = best.map(({ name }) => name).join(', ');
  const lowest = `lowest ${measured[lossOver]}: ${names}${best.length > 1 ? ' (a tie)' : ''}`;
  return `${tableText(columns, rows, terminal.style)}\n\n${lowest}`;
}

function rowOf({ name, before, after }: ComparedPrompt): string[] {
  const figures = [before, after].flatMap((part) => [
    part ? part.loss.toFixed(4) : '-',
    part?.accuracy === undefined ? '-' : percent(part.accuracy),
  ]);
  return [name, ...figures];
}
