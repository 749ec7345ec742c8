/** `relbert evaluate complete`: analogies with any word of a list for an answer. */

import type { CompletionQuestion } from '../evaluate/completion.ts';
import type { WordTable } from '../index/completion.ts';
import type { RelationEncoder } from '../node/relation-encoder.ts';
import type { CompletionRun } from '../run/completion-run.ts';
import { command } from './command.ts';
import { answerOptions, wordTable } from './complete.ts';
import { counted } from './counted.ts';
import { percent } from './evaluate-analogy.ts';
import { evaluatedRelations } from './evaluated-relations.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import {
  type Flags,
  fileBeside,
  flag,
  fromOne,
  fromZero,
  list,
  number,
  outputFolder,
  required,
  text,
  withDefault,
} from './option.ts';
import { noteMissingWords, readWithProgress } from './pair-model.ts';
import type { Terminal } from './terminal.ts';

const options = {
  data: required(
    list('<path...>', 'relations: questions-words.txt, a folder of BATS, .jsonl of relations or of analogy questions'),
  ),
  ...answerOptions,
  questions: withDefault(number('<number>', 'questions of each relation', fromOne), 10),
  seed: withDefault(number('<number>', 'of the questions', fromZero), 0),
  vectors: text('<file>', 'word vectors (word2vec or GloVe text, may be gzip): 3CosAdd beside'),
  predictions: fileBeside('write the answers to each question as JSON lines'),
  output: outputFolder('folder to create: answers.jsonl grows with each question, figures.json comes at the end'),
  resume: flag('go on with the run in the output folder'),
  overwrite: flag('replace the run in the output folder'),
  ...modelOptions,
  json: flag('print {"questions","words","inVocabulary","results":[{"method","accuracy1","accuracy5"}],"relations"}'),
};
type CompleteFlags = Flags<typeof options>;

interface Method {
  readonly name: string;
  readonly ranked: readonly (readonly string[])[];
}

export const evaluateComplete = command({
  name: 'complete',
  summary: 'accuracy of completed analogies',
  description:
    'Asks for the fourth word of analogies that are drawn from relations: the share of right answers among the first, and among the first five. None asks for a word of the question itself, and one whose answer is not in the list counts as wrong. With --output, a run that was stopped or killed goes on with --resume.',
  options,
  examples: [
    'relbert evaluate complete --data questions-words.txt',
    'relbert evaluate complete --data BATS_3.0 --questions 5 --vectors glove.6B.300d.txt',
    'relbert evaluate complete --data questions-words.txt --questions 1000 --dtype int8 --output google',
  ],
  async run(_, flags, terminal) {
    await using run = await openRun(flags);
    const relations = await evaluatedRelations(flags, terminal);
    const { openOutput } = await import('./output.ts');
    const { completionFigures, drawCompletionQuestions } = await import('../evaluate/completion.ts');
    const questions = drawCompletionQuestions(relations, flags);
    const predictions = flags.predictions === undefined ? undefined : await openOutput(flags.predictions, terminal);
    try {
      const table = await wordTable(flags, wordsAsked(questions), terminal);
      const words = table.words.slice(0, table.answers);
      const methods = [
        await byRelation(questions, table, run, flags, terminal),
        ...(await byVectors(questions, words, flags, terminal)),
      ];
      for (const [q, { relation, example, word, answers }] of questions.entries()) {
        const found = Object.fromEntries(methods.map(({ name, ranked }) => [name, ranked[q] ?? []]));
        await predictions?.write(`${JSON.stringify({ relation, pair: example, word, right: [...answers], found })}\n`);
      }
      await predictions?.commit();
      const known = new Set(words.map((word) => word.toLowerCase()));
      const inVocabulary = questions.filter(({ answers }) => [...answers].some((answer) => known.has(answer))).length;
      const results = methods.map(({ name, ranked }) => ({ method: name, ...completionFigures(questions, ranked) }));
      const names = [...new Set(questions.map(({ relation }) => relation))];
      const relationFigures = names.map((relation) => {
        const own = questions.flatMap((question, q) => (question.relation === relation ? [q] : []));
        const of = ({ name, ranked }: Method) => ({
          method: name,
          ...completionFigures(
            own.map((q) => questions[q] as CompletionQuestion),
            own.map((q) => ranked[q] ?? []),
          ),
        });
        return { relation, questions: own.length, results: methods.map(of) };
      });
      const counts = { questions: questions.length, words: words.length, inVocabulary };
      const figures = { ...counts, results, relations: relationFigures };
      await run?.end(figures);
      if (flags.json) return await terminal.print(JSON.stringify(figures));
      const { tableText } = await import('./table.ts');
      const title = `${counted(questions.length, 'question')}, ${counted(words.length, 'word')}, answers of ${inVocabulary} among them`;
      const right = (name: string) => ({ title: name, align: 'right' }) as const;
      await terminal.print(
        tableText(
          [{ title }, right('right %'), right('in the first 5 %')],
          results.map(({ method, accuracy1, accuracy5 }) => [method, percent(accuracy1), percent(accuracy5)]),
          terminal.style,
        ),
      );
    } catch (error) {
      await predictions?.discard();
      throw error;
    }
  },
});

function wordsAsked(questions: readonly CompletionQuestion[]): string[] {
  return questions.flatMap(({ example: { head, tail }, word }) => [head, tail, word]);
}

async function openRun({ output, resume, overwrite }: CompleteFlags): Promise<CompletionRun | undefined> {
  if (output === undefined) {
    if (resume || overwrite)
      throw new UsageError(`--${resume ? 'resume' : 'overwrite'} needs the folder: --output DIR`);
    return undefined;
  }
  const { CompletionRun } = await import('../run/completion-run.ts');
  return CompletionRun.open({ output, resume, overwrite });
}

/** What decides the answers of {@link byRelation}, by content. */
async function configurationOf(
  questions: readonly CompletionQuestion[],
  { words, answers }: WordTable,
  encoder: RelationEncoder,
  flags: CompleteFlags,
  terminal: Terminal,
): Promise<object> {
  const { identityOf } = await import('./index-model.ts');
  const { fingerprint } = await import('../run/fingerprint.ts');
  const { name: _, ...model } = await identityOf(encoder, flags, terminal);
  const asked = questions.map(({ answers, ...question }) => ({ ...question, answers: [...answers] }));
  return {
    ...{ model, dtype: encoder.info.dtype, candidates: flags.candidates, words: answers },
    list: await fingerprint(JSON.stringify(words.slice(0, answers))),
    questions: `${questions.length}, ${await fingerprint(JSON.stringify(asked))}`,
  };
}

async function byRelation(
  questions: readonly CompletionQuestion[],
  table: WordTable,
  run: CompletionRun | undefined,
  flags: CompleteFlags,
  terminal: Terminal,
): Promise<Method> {
  const { completeAnalogy } = await import('../index/completion.ts');
  await using encoder = await loadEncoder(flags, terminal);
  const before = await run?.begin(await configurationOf(questions, table, encoder, flags, terminal));
  if (before) terminal.note(`going on after ${before} of ${counted(questions.length, 'question')}`);
  const progress = await terminal.progress('completing', 'questions', questions.length);
  const { signal } = terminal;
  try {
    const ranked: (readonly string[])[] = [];
    for (const [q, question] of questions.entries()) {
      const find = async (): Promise<string[]> => {
        const answers = await completeAnalogy(question, table, (pairs) => encoder.encode(pairs, { signal }), {
          top: 5,
          candidates: flags.candidates || table.answers,
          signal,
        });
        return answers.map(({ word }) => word);
      };
      ranked.push(run ? await run.answers(q, question, find) : await find());
      if (ranked.length >= (before ?? 0)) progress.update(ranked.length);
    }
    return { name: 'relbert complete', ranked };
  } finally {
    progress.stop();
  }
}

async function byVectors(
  questions: readonly CompletionQuestion[],
  words: readonly string[],
  { vectors: file }: CompleteFlags,
  terminal: Terminal,
): Promise<Method[]> {
  if (file === undefined) return [];
  const { readWordVectors } = await import('../formats/word-vectors.ts');
  const { threeCosAdd } = await import('../evaluate/completion.ts');
  const asked = wordsAsked(questions);
  const vectors = await readWordVectors(readWithProgress(file, terminal), [...words, ...asked], file);
  const missing = new Set(asked.filter((word) => !vectors.get(word)));
  noteMissingWords(missing, 'make 3CosAdd fail in their questions', terminal);
  const found = new Map([...words, ...asked].map((word) => [word, vectors.get(word)]));
  return [
    { name: '3CosAdd', ranked: questions.map((question) => threeCosAdd(question, words, (word) => found.get(word))) },
  ];
}
