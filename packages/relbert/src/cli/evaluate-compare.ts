/** `relbert evaluate compare`: McNemar's exact test on the answers of two models. */
import type { Comparison } from '../evaluate/prediction-file.ts';
import { command } from './command.ts';
import { percent } from './evaluate-analogy.ts';
import { flag } from './option.ts';
import type { Terminal } from './terminal.ts';

export const evaluateCompare = command({
  name: 'compare',
  summary: "McNemar's exact test on two files of predictions",
  description:
    "Compares two models that answered the same questions, all of them: McNemar's exact test, two-sided, for each set and over all sets.",
  arguments: [
    ['<first>', 'file written by relbert evaluate analogy --predictions'],
    ['<second>', 'the same of another model, for the same questions'],
  ],
  options: { json: flag('print {"first","second","results"}') },
  examples: ['relbert evaluate compare vanilla.jsonl distilled.jsonl'],
  async run([first, second], flags, terminal) {
    const { readText } = await import('../node/read-file.ts');
    const { comparePredictions } = await import('../evaluate/prediction-file.ts');
    const read = async (file: string) => ({ file, text: await readText(file, { signal: terminal.signal }) });
    const results = comparePredictions(await read(first), await read(second));
    if (flags.json) {
      const figures = results.map(({ set, split, ...rest }) => ({ set: set ?? null, split: split ?? null, ...rest }));
      await terminal.print(JSON.stringify({ first, second, results: figures }));
    } else {
      await terminal.print(await comparisonText(results, terminal));
    }
  },
});

async function comparisonText(results: readonly Comparison[], terminal: Terminal): Promise<string> {
  const { tableText } = await import('./table.ts');
  return tableText(
    [
      { title: 'set' },
      { title: 'split' },
      { title: 'questions', align: 'right' },
      { title: 'first %', align: 'right' },
      { title: 'second %', align: 'right' },
      { title: 'only first', align: 'right' },
      { title: 'only second', align: 'right' },
      { title: 'p', align: 'right' },
    ],
    results.map(({ set, split, questions, accuracyFirst, accuracySecond, onlyFirst, onlySecond, pValue }) => [
      ...[set ?? 'all', split ?? '', String(questions), percent(accuracyFirst), percent(accuracySecond)],
      ...[String(onlyFirst), String(onlySecond), pValue < 0.0001 ? '< 0.0001' : pValue.toFixed(4)],
    ]),
    terminal.style,
  );
}
