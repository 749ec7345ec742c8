/** `relbert evaluate analogy`: accuracy on files of analogy questions. */
import type { AnalogyEvaluation, AnalogyPrediction, AnalogySet } from '../evaluate/analogy.ts';
import type { Interval } from '../evaluate/bootstrap.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { sharedWordDiscountOption } from './analogy.ts';
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { refuseRepeated, refuseReplacing } from './named-twice.ts';
import { choice, type Flags, fileBeside, flag, fromZero, list, number, required, text, withDefault } from './option.ts';
import {
  noLanguageModel,
  noteMissingWords,
  openPairModel,
  pairModelOptions,
  refuseEncoderFlags,
} from './pair-model.ts';
import type { Cell } from './table.ts';
import type { Terminal } from './terminal.ts';

const options = {
  data: required(list('<path...>', 'folders with <split>.jsonl, or .jsonl files: {"stem","choice","answer"} a line')),
  split: withDefault(text('<split>', 'test, valid, or all: every <split>.jsonl of a folder'), 'test'),
  ...pairModelOptions('; baselines: vectors:FILE (word2vec or GloVe text, may be gzip), random'),
  similarity: withDefault(choice('<name>', 'euclidean means the nearest', ['cosine', 'dot', 'euclidean']), 'cosine'),
  direction: withDefault(
    choice('<direction>', 'embed (h,t), (t,h), or both with the mean of the similarities', [
      'forward',
      'reverse',
      'both',
    ]),
    'forward',
  ),
  sharedWordDiscount: sharedWordDiscountOption,
  seed: withDefault(number('<number>', 'of the intervals, and of random answers', fromZero), 0),
  groups: flag('print the accuracy of each relation, too'),
  predictions: fileBeside('write scores and answer of each question as JSON lines'),
  json: flag('print {"model","pooling","template","results","macroAverage",...}'),
};
type EvaluateAnalogyFlags = Flags<typeof options>;

/** What was judged, for the output. */
interface Judged {
  readonly model: string;
  readonly pooling: string | undefined;
  readonly template: string | undefined;
  readonly sharedWordDiscount: number;
  readonly missing: ReadonlySet<string>;
}

export const evaluateAnalogy = command({
  name: 'analogy',
  summary: 'accuracy on analogy questions',
  description: 'Accuracy on analogy questions: the choice with the greatest similarity to the stem is the answer.',
  options,
  examples: [
    'relbert evaluate analogy --data data/u2 data/google data/bats --split test',
    'relbert evaluate analogy --data data/bats --model vectors:glove.6B.300d.txt --groups',
  ],
  async run(_, flags, terminal) {
    if (flags.sharedWordDiscount !== undefined && (flags.similarity !== 'cosine' || flags.model === 'random')) {
      throw new UsageError('--shared-word-discount is for cosines: leave it, or --similarity and --model random, out');
    }
    const { readAnalogySets } = await import('./analogy-sets.ts');
    const sets = await readAnalogySets(flags.data, flags.split);
    await refuseRepeated(sets);
    if (flags.predictions !== undefined) {
      const inputs = sets.map(({ path }) => ({ path, from: '--data' }));
      await refuseReplacing(`--predictions ${flags.predictions}`, [flags.predictions], inputs);
    }
    const { openOutput } = await import('./output.ts');
    // Opened before the work starts: a folder that cannot be written to shows now, not after minutes.
    const predictions = flags.predictions === undefined ? undefined : await openOutput(flags.predictions, terminal);
    try {
      const { evaluation, judged } = await judge(sets, flags, terminal);
      if (predictions) {
        for (const prediction of evaluation.predictions) await predictions.write(`${predictionLine(prediction)}\n`);
        await predictions.commit();
      }
      noteMissingWords(judged.missing, `count as zeros in ${affectedQuestions(sets, judged.missing)}`, terminal);
      await terminal.print(
        await (flags.json ? evaluationJson(evaluation, judged, flags) : evaluationText(evaluation, flags, terminal)),
      );
    } catch (error) {
      await predictions?.discard();
      throw error;
    }
  },
});

async function judge(
  sets: readonly AnalogySet[],
  flags: EvaluateAnalogyFlags,
  terminal: Terminal,
): Promise<{ readonly evaluation: AnalogyEvaluation; readonly judged: Judged }> {
  const { evaluateAnalogy, guessAnalogy } = await import('../evaluate/analogy.ts');
  if (flags.model === 'random') {
    refuseEncoderFlags(flags, noLanguageModel(flags.model));
    const none = { pooling: undefined, template: undefined, sharedWordDiscount: 0, missing: new Set<string>() };
    const judged = { model: flags.model, ...none };
    return { evaluation: guessAnalogy(sets, flags.seed), judged };
  }
  await using model = await openPairModel(flags, terminal);
  const { similarity, direction, seed } = flags;
  const sharedWordDiscount = flags.sharedWordDiscount ?? (similarity === 'cosine' ? model.sharedWordDiscount : 0);
  const evaluation = await evaluateAnalogy(sets, model.embed, { similarity, direction, sharedWordDiscount, seed });
  const { pooling, template, missing } = model;
  return { evaluation, judged: { model: flags.model, pooling, template, sharedWordDiscount, missing } };
}

/** `17 of 228 questions`. */
function affectedQuestions(sets: readonly AnalogySet[], missing: ReadonlySet<string>): string {
  const questions = sets.flatMap((set) => set.questions);
  const lacks = ({ head, tail }: WordPair): boolean => missing.has(head) || missing.has(tail);
  const affected = questions.filter(({ stem, choices }) => [stem, ...choices].some(lacks));
  return `${affected.length} of ${questions.length} questions`;
}

/** A prediction as its JSON line. */
export function predictionLine({ set, split, index, question, ...rest }: AnalogyPrediction): string {
  const { scores, predicted, correct } = rest;
  const words = ({ head, tail }: WordPair): string[] => [head, tail];
  const [stem, choices] = [words(question.stem), question.choices.map(words)];
  return JSON.stringify({ set, split, index, stem, choices, scores, predicted, answer: question.answer, correct });
}

/** The results as one JSON object. */
async function evaluationJson(
  { results, macroAverage, macroInterval }: AnalogyEvaluation,
  { model, pooling, template, sharedWordDiscount, missing }: Judged,
  { similarity, direction, seed }: EvaluateAnalogyFlags,
): Promise<string> {
  const { sharedWordMeans } = await import('../evaluate/analogy.ts');
  const figures = results.map(({ set, split, questions, correct, accuracy, ...rest }) => ({
    ...{ set, split, questions, correct, accuracy },
    ...rest,
  }));
  const kinds = sharedWordMeans(results);
  return JSON.stringify({
    ...{ model, pooling: pooling ?? null, template: template ?? null, results: figures, macroAverage, macroInterval },
    ...(kinds && { kinds }),
    ...{ similarity, direction, sharedWordDiscount, seed },
    ...(missing.size > 0 && { missingWords: [...missing] }),
  });
}

async function evaluationText(
  { results, macroAverage, macroInterval }: AnalogyEvaluation,
  flags: EvaluateAnalogyFlags,
  terminal: Terminal,
): Promise<string> {
  const { tableText } = await import('./table.ts');
  const { sharedWordMeans } = await import('../evaluate/analogy.ts');
  const { style } = terminal;
  const columns = [
    { title: 'set' },
    { title: 'split' },
    { title: 'questions', align: 'right' },
    { title: 'correct', align: 'right' },
    { title: 'accuracy %', align: 'right' },
    { title: '95 % interval', align: 'right' },
  ] as const;
  const rows: Cell[][] = results.map(({ set, split, questions, correct, accuracy, interval }) => [
    set,
    split,
    String(questions),
    String(correct),
    percent(accuracy),
    range(interval),
  ]);
  if (results.length > 1)
    rows.push(['mean', '', '', '', { text: percent(macroAverage), style: style.bold }, range(macroInterval)]);
  const tables = [tableText(columns, rows, style)];
  const categories: Cell[][] = results.flatMap((result) =>
    result.categories.map(({ category, questions, correct, accuracy, interval }) => [
      ...[result.set, result.split, category, String(questions), String(correct)],
      ...[percent(accuracy), range(interval)],
    ]),
  );
  const kinds = sharedWordMeans(results);
  if (kinds && results.length > 1) {
    for (const [kind, mean] of Object.entries(kinds)) {
      categories.push(['mean', '', kind, '', '', { text: percent(mean), style: style.bold }, '']);
    }
  }
  const [set, split, ...figures] = columns;
  if (categories.length > 0) tables.push(tableText([set, split, { title: 'category' }, ...figures], categories, style));
  if (flags.groups) {
    const groups = results.flatMap((result) =>
      result.groups.map(({ group, category, questions, correct, accuracy }) => [
        ...[result.set, result.split, category ?? '', group, String(questions), String(correct), percent(accuracy)],
      ]),
    );
    const titles = [set, split, { title: 'category' }, { title: 'relation' }, ...figures.slice(0, -1)];
    tables.push(groups.length > 0 ? tableText(titles, groups, style) : 'The questions carry no relations.');
  }
  return tables.join('\n\n');
}

/** A fraction in percent with one decimal. */
export function percent(fraction: number): string {
  return (100 * fraction).toFixed(1);
}

function range({ low, high }: Interval): string {
  return `${percent(low)} - ${percent(high)}`;
}
