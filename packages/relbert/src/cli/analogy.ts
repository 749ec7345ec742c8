/** `relbert analogy`: which choice stands in the same relation as the stem? */
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { flag } from './option.ts';
import { pairArgument } from './pair-input.ts';
import { warnUnknownWords } from './unknown-words.ts';

export const analogy = command({
  name: 'analogy',
  summary: 'rank word pairs by how alike their relation is to that of a stem',
  description: 'Ranks the choices by the cosine of their relation embedding to that of the stem, best first.',
  arguments: [
    ['<stem>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\''],
    ['<choice...>', 'two or more pairs'],
  ],
  options: { ...modelOptions, json: flag('print {"stem","ranking":[{"pair","score"}]}') },
  examples: ['relbert analogy word:language paint:portrait poetry:rhythm note:music tale:story week:year'],
  async run([stemText, choiceTexts], flags, terminal) {
    const stem = await pairArgument(stemText);
    const choices = await Promise.all(choiceTexts.map(pairArgument));
    if (choices.length < 2) throw new UsageError('an analogy needs at least two choices to rank');
    await using encoder = await loadEncoder(flags, terminal, { quickStart: true });
    const ranking = await encoder.rankAnalogy(stem, choices, { signal: terminal.signal });
    await warnUnknownWords([stem, ...choices], encoder, terminal);
    if (flags.json) {
      const lines = ranking.map(({ pair, score }) => ({ pair: [pair.head, pair.tail], score }));
      await terminal.print(JSON.stringify({ stem: [stem.head, stem.tail], ranking: lines }));
      return;
    }
    const { tableText } = await import('./table.ts');
    const rows = ranking.map(({ pair, score }, i) => {
      const text = `${pair.head}:${pair.tail}`;
      return [String(i + 1), i === 0 ? { text, style: terminal.style.green } : text, score.toFixed(4)];
    });
    const columns = [
      { title: '#', align: 'right' },
      { title: `${stem.head}:${stem.tail} is like` },
      { title: 'cosine', align: 'right' },
    ] as const;
    await terminal.print(tableText(columns, rows, terminal.style));
  },
});
