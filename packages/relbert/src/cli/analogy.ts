/** `relbert analogy`: which choice stands in the same relation as the stem? */
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { discountRange, flag, number } from './option.ts';
import { pairArgument } from './pair-input.ts';
import { warnUnknownWords } from './unknown-words.ts';

export const sharedWordDiscountOption = number(
  '<number>',
  "what a cosine loses where a word of the stem has the same place in the choice, half where the other; 0: rank by cosine (default: the model's)",
  discountRange,
);

export const analogy = command({
  name: 'analogy',
  summary: 'rank word pairs by how alike their relation is to that of a stem',
  description:
    'Ranks the choices by the cosine of their relation embedding to that of the stem, best first. A choice that shares a word ' +
    'with the stem, which pulls a cosine up whatever the relation, is ranked by a discounted score where the model says so.',
  arguments: [
    ['<stem>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\''],
    ['<choice...>', 'two or more pairs'],
  ],
  options: {
    ...modelOptions,
    sharedWordDiscount: sharedWordDiscountOption,
    json: flag('print {"stem","ranking":[{"pair","score","cosine"}]}'),
  },
  examples: ['relbert analogy word:language paint:portrait poetry:rhythm note:music tale:story week:year'],
  async run([stemText, choiceTexts], flags, terminal) {
    const stem = await pairArgument(stemText);
    const choices = await Promise.all(choiceTexts.map(pairArgument));
    if (choices.length < 2) throw new UsageError('an analogy needs at least two choices to rank');
    await using encoder = await loadEncoder(flags, terminal, { quickStart: true });
    const { sharedWordDiscount } = flags;
    const ranking = await encoder.rankAnalogy(stem, choices, { sharedWordDiscount, signal: terminal.signal });
    await warnUnknownWords([stem, ...choices], encoder, terminal);
    if (flags.json) {
      const lines = ranking.map(({ pair, score, cosine }) => ({ pair: [pair.head, pair.tail], score, cosine }));
      await terminal.print(JSON.stringify({ stem: [stem.head, stem.tail], ranking: lines }));
      return;
    }
    const { tableText } = await import('./table.ts');
    // One column where the score is the cosine, as it is of choices without a word of the stem.
    const discounted = ranking.some(({ score, cosine }) => score !== cosine);
    const rows = ranking.map(({ pair, score, cosine }, i) => {
      const text = `${pair.head}:${pair.tail}`;
      const figures = discounted ? [score, cosine] : [cosine];
      const cells = figures.map((figure) => figure.toFixed(4));
      return [String(i + 1), i === 0 ? { text, style: terminal.style.green } : text, ...cells];
    });
    const columns = [
      { title: '#', align: 'right' },
      { title: `${stem.head}:${stem.tail} is like` },
      ...(discounted ? (['score', 'cosine'] as const) : (['cosine'] as const)).map(
        (title) => ({ title, align: 'right' }) as const,
      ),
    ] as const;
    await terminal.print(tableText(columns, rows, terminal.style));
  },
});
