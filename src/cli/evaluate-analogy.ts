/** `relbert evaluate analogy`: accuracy on files of analogy questions. */
import type { Command } from 'commander';
import type { AnalogyEvaluation, AnalogyPrediction } from '../evaluate/analogy.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { examples } from './examples.ts';
import { addModelOptions, loadEncoder, type ModelFlags } from './model-options.ts';
import type { Terminal } from './terminal.ts';

interface EvaluateAnalogyFlags extends ModelFlags {
  readonly data: readonly string[];
  readonly split: string;
  readonly predictions?: string;
  readonly json?: boolean;
}

export function addEvaluateAnalogyCommand(evaluate: Command, terminal: Terminal): void {
  const command = evaluate
    .command('analogy')
    .summary('accuracy on analogy questions')
    .description('Accuracy on analogy questions: the choice with the greatest cosine to the stem is the answer.')
    .requiredOption(
      '--data <path...>',
      'folders with <split>.jsonl, or .jsonl files: {"stem","choice","answer"} a line',
    )
    .option('--split <split>', 'test, valid, or all: every <split>.jsonl of a folder', 'test');
  addModelOptions(command)
    .option('--predictions <file>', 'write scores and answer of each question as JSON lines')
    .option('--json', 'print {"model","pooling","template","results","macroAverage"}')
    .addHelpText('after', examples(['relbert evaluate analogy --data data/u2 data/google data/bats --split test']))
    .action(async (flags: EvaluateAnalogyFlags) => {
      const { readAnalogySets } = await import('./analogy-sets.ts');
      const sets = await readAnalogySets(flags.data, flags.split);
      const { openOutput } = await import('./output.ts');
      // Opened before the work starts: a folder that cannot be written to shows now, not after minutes.
      const predictions = flags.predictions === undefined ? undefined : await openOutput(flags.predictions, terminal);
      try {
        const encoder = await loadEncoder(flags, terminal, { worker: true });
        try {
          const { evaluateAnalogy } = await import('../evaluate/analogy.ts');
          const evaluation = await evaluateAnalogy(sets, async (pairs) => {
            const progress = await terminal.progress('encoding', 'pairs', pairs.length);
            try {
              return await encoder.encode(pairs, {
                signal: terminal.signal,
                onProgress: ({ done, total }) => progress.update(done, total),
              });
            } finally {
              progress.stop();
            }
          });
          if (predictions) {
            for (const prediction of evaluation.predictions) await predictions.write(`${predictionLine(prediction)}\n`);
            await predictions.commit();
          }
          const { prompt, pooling } = encoder.info;
          if (flags.json) {
            await terminal.print(evaluationJson(evaluation, { model: flags.model, pooling, template: prompt.text }));
          } else {
            await terminal.print(await evaluationText(evaluation, terminal));
          }
        } finally {
          await encoder.dispose();
        }
      } catch (error) {
        await predictions?.discard();
        throw error;
      }
    });
}

/** A prediction as its JSON line. */
export function predictionLine({ set, split, index, question, ...rest }: AnalogyPrediction): string {
  const { scores, predicted, correct } = rest;
  const words = ({ head, tail }: WordPair): string[] => [head, tail];
  const [stem, choices] = [words(question.stem), question.choices.map(words)];
  return JSON.stringify({ set, split, index, stem, choices, scores, predicted, answer: question.answer, correct });
}

/** The results as one JSON object. */
export function evaluationJson(
  { results, macroAverage }: AnalogyEvaluation,
  model: { readonly model: string; readonly pooling: string; readonly template: string },
): string {
  const figures = results.map(({ set, split, questions, correct, accuracy }) => ({
    set,
    split,
    questions,
    correct,
    accuracy,
  }));
  return JSON.stringify({ ...model, results: figures, macroAverage });
}

async function evaluationText({ results, macroAverage }: AnalogyEvaluation, terminal: Terminal): Promise<string> {
  const { tableText } = await import('./table.ts');
  const percent = (fraction: number): string => (100 * fraction).toFixed(1);
  const rows = results.map(({ set, split, questions, correct, accuracy }) => [
    set,
    split,
    String(questions),
    String(correct),
    percent(accuracy),
  ]);
  if (results.length > 1) rows.push(['mean', '', '', '', terminal.style.bold(percent(macroAverage))]);
  return tableText(
    [
      { title: 'set' },
      { title: 'split' },
      { title: 'questions', align: 'right' },
      { title: 'correct', align: 'right' },
      { title: 'accuracy %', align: 'right' },
    ],
    rows,
    terminal.style,
  );
}
