/** `relbert similarity`: how alike the relations of two word pairs are. */
import { command } from './command.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { flag } from './option.ts';
import { pairArgument } from './pair-input.ts';
import { warnUnknownWords } from './unknown-words.ts';

export const similarity = command({
  name: 'similarity',
  summary: 'cosine of the relation embeddings of two word pairs',
  description: 'Cosine of the relation embeddings of two word pairs: -1 to 1, more alike is greater.',
  arguments: [
    ['<pair>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\''],
    ['<other>', 'HEAD:TAIL, or JSON'],
  ],
  options: { ...modelOptions, json: flag('print {"pairs","similarity"}') },
  examples: ['relbert similarity Tokyo:Japan Paris:France'],
  async run([first, second], flags, terminal) {
    const pairs = await Promise.all([pairArgument(first), pairArgument(second)]);
    await using encoder = await loadEncoder(flags, terminal, { quickStart: true });
    const cosine = await encoder.similarity(...pairs, { signal: terminal.signal });
    await warnUnknownWords(pairs, encoder, terminal);
    await terminal.print(
      flags.json
        ? JSON.stringify({ pairs: pairs.map(({ head, tail }) => [head, tail]), similarity: cosine })
        : cosine.toFixed(6),
    );
  },
});
