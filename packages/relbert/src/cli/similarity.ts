/** `relbert similarity`: how alike the relations of two word pairs are. */
import type { Command } from 'commander';
import { examples } from './examples.ts';
import { addModelOptions, loadEncoder, type ModelFlags } from './model-options.ts';
import { pairArgument } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

interface SimilarityFlags extends ModelFlags {
  readonly json?: boolean;
}

export function addSimilarityCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('similarity')
    .summary('cosine of the relation embeddings of two word pairs')
    .description('Cosine of the relation embeddings of two word pairs: -1 to 1, more alike is greater.')
    .argument('<pair>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'')
    .argument('<other>', 'HEAD:TAIL, or JSON');
  addModelOptions(command)
    .option('--json', 'print {"pairs","similarity"}')
    .addHelpText('after', examples(['relbert similarity Tokyo:Japan Paris:France']))
    .action(async (first: string, second: string, flags: SimilarityFlags) => {
      const pairs = await Promise.all([pairArgument(first), pairArgument(second)]);
      const encoder = await loadEncoder(flags, terminal, { worker: false });
      try {
        const similarity = await encoder.similarity(...pairs, { signal: terminal.signal });
        if (flags.json) {
          await terminal.print(JSON.stringify({ pairs: pairs.map(({ head, tail }) => [head, tail]), similarity }));
        } else {
          await terminal.print(similarity.toFixed(6));
        }
      } finally {
        await encoder.dispose();
      }
    });
}
