/** `relbert complete`: hot is to cold as big is to which word of a list? */
import type { Completion, EncodePairs, WordTable } from '../index/completion.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { loadEncoder, type ModelFlags, modelOptions } from './model-options.ts';
import { flag, fromOne, fromZero, number, text, withDefault } from './option.ts';
import { pairArgument } from './pair-input.ts';
import type { Terminal } from './terminal.ts';
import { warnUnknownWords } from './unknown-words.ts';
import { readVocabulary } from './vocabulary.ts';

/** The options of where answers come from. */
export const answerOptions = {
  vocabulary: withDefault(
    text('<file>', 'words that may be answers, one a line; package/words: 26,000 of WordNet; - reads standard input'),
    'package/words',
  ),
  candidates: withDefault(
    number('<number>', 'words that are encoded: the most similar to the question by themselves; 0: all', fromZero),
    1000,
  ),
};

export const complete = command({
  name: 'complete',
  summary: 'complete an analogy: hot is to cold as big is to which word?',
  description:
    'Finds the words of a list that are to the given word as the tail of the pair is to its head. Words of the question are not answers.',
  arguments: [
    ['<pair>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\''],
    ['<word...>', 'words to complete'],
  ],
  options: {
    ...answerOptions,
    top: withDefault(number('<number>', 'answers to a word', fromOne), 10),
    ...modelOptions,
    json: flag('print a line {"pair":{"head","tail"},"word","answers":[{"word","score"}]} for each word'),
  },
  examples: [
    'relbert complete hot:cold big',
    'relbert complete Japan:Tokyo France Italy --vocabulary cities.txt --top 3 --json',
  ],
  async run([pairText, words], flags, terminal) {
    const { head, tail } = await pairArgument(pairText);
    const { isBlank } = await import('../pair/word-pair.ts');
    const blank = words.findIndex(isBlank);
    if (blank >= 0) throw new UsageError(`word ${blank + 1} to complete is blank`);
    if (flags.candidates > 0 && flags.top > flags.candidates) {
      throw new UsageError(
        `--top ${flags.top} asks for more answers than words are encoded (${flags.candidates}): give --candidates ${flags.top} or more, or 0 for all`,
      );
    }
    const example = { head, tail };
    const table = await wordTable(flags, [head, tail, ...words], terminal);
    await using encoder = await loadEncoder(flags, terminal);
    await warnUnknownWords([example, ...words.map((word) => ({ head: word, tail: word }))], encoder, terminal);
    const { completeAnalogy } = await import('../index/completion.ts');
    const { tableText } = await import('./table.ts');
    for (const [i, word] of words.entries()) {
      const question = { example, word };
      const progress = await terminal.progress(`encoding ${word}`, 'pairs');
      let answers: Completion[];
      try {
        const encode: EncodePairs = (pairs) =>
          encoder.encode(pairs, {
            signal: terminal.signal,
            onProgress: ({ done, total }) => progress.update(done, total),
          });
        answers = await completeAnalogy(question, table, encode, {
          top: flags.top,
          candidates: flags.candidates || table.answers,
          signal: terminal.signal,
        });
      } finally {
        progress.stop();
      }
      if (flags.json) await terminal.print(JSON.stringify({ pair: example, word, answers }));
      else {
        const rows = answers.map(({ word: answer, score }, rank) => [
          String(rank + 1),
          visible(answer),
          score.toFixed(4),
        ]);
        const title = visible(`${head}:${tail} = ${word}:`);
        const columns = [{ title: '', align: 'right' }, { title }, { title: 'score', align: 'right' }] as const;
        await terminal.print(`${i > 0 ? '\n' : ''}${tableText(columns, rows, terminal.style)}`);
      }
    }
  },
});

/** The words of a list, and those of the questions, with what the model looks up for their tokens. */
export async function wordTable(
  flags: ModelFlags & { readonly vocabulary: string },
  asked: readonly string[],
  terminal: Terminal,
): Promise<WordTable> {
  const { tokenVectors } = await import('../encoder/word-vectors.ts');
  const { openModel } = await import('../node/open-model.ts');
  const listed = await readVocabulary(flags.vocabulary, terminal);
  const fetching = fetchProgress(terminal, flags.offline);
  try {
    const words = [...new Set([...listed, ...asked])];
    return {
      words,
      answers: listed.length,
      ...(await tokenVectors(await openModel(flags.model, fetching.hub), words, { signal: terminal.signal })),
    };
  } finally {
    await fetching.stop();
  }
}
