/** `relbert analogy`: which choice stands in the same relation as the stem? */
import type { Command } from 'commander';
import { examples } from './examples.ts';
import { UsageError } from './exit.ts';
import { addModelOptions, loadEncoder, type ModelFlags } from './model-options.ts';
import { pairArgument } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

interface AnalogyFlags extends ModelFlags {
  readonly json?: boolean;
}

export function addAnalogyCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('analogy')
    .summary('rank word pairs by how alike their relation is to that of a stem')
    .description('Ranks the choices by the cosine of their relation embedding to that of the stem, best first.')
    .argument('<stem>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'')
    .argument('<choice...>', 'two or more pairs');
  addModelOptions(command)
    .option('--json', 'print {"stem","ranking":[{"pair","score"}]}')
    .addHelpText(
      'after',
      examples(['relbert analogy word:language paint:portrait poetry:rhythm note:music tale:story week:year']),
    )
    .action(async (stemText: string, choiceTexts: string[], flags: AnalogyFlags) => {
      const stem = await pairArgument(stemText);
      const choices = await Promise.all(choiceTexts.map(pairArgument));
      if (choices.length < 2) throw new UsageError('an analogy needs at least two choices to rank');
      const encoder = await loadEncoder(flags, terminal, { worker: false });
      try {
        const ranking = await encoder.rankAnalogy(stem, choices, { signal: terminal.signal });
        if (flags.json) {
          await terminal.print(
            JSON.stringify({
              stem: [stem.head, stem.tail],
              ranking: ranking.map(({ pair, score }) => ({ pair: [pair.head, pair.tail], score })),
            }),
          );
          return;
        }
        const { tableText } = await import('./table.ts');
        const rows = ranking.map(({ pair, score }, i) => {
          const text = `${pair.head}:${pair.tail}`;
          return [String(i + 1), i === 0 ? terminal.style.green(text) : text, score.toFixed(4)];
        });
        const columns = [
          { title: '#', align: 'right' },
          { title: `${stem.head}:${stem.tail} is like` },
          { title: 'cosine', align: 'right' },
        ] as const;
        await terminal.print(tableText(columns, rows, terminal.style));
      } finally {
        await encoder.dispose();
      }
    });
}
