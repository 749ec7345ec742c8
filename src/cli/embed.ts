/** `relbert embed`: relation embeddings of word pairs, as a stream in constant memory. */
import { type Command, Option } from 'commander';
import { examples } from './examples.ts';
import { UsageError } from './exit.ts';
import { addModelOptions, loadEncoder, type ModelFlags } from './model-options.ts';
import { openPairs } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

const formats = ['jsonl', 'npy', 'word2vec'] as const;
export type EmbeddingFormat = (typeof formats)[number];

interface EmbedFlags extends ModelFlags {
  readonly pairs?: string;
  readonly output?: string;
  readonly format?: EmbeddingFormat;
}

export function addEmbedCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('embed')
    .summary('relation embeddings of word pairs')
    .description('Relation embeddings of word pairs, in the order given. Any number of pairs takes the same memory.')
    .argument('[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'')
    .option('--pairs <file>', '.tsv, .csv or .jsonl file; - reads JSON or tab-separated lines from standard input');
  addModelOptions(command)
    .option('--output <file>', 'where to write (default: standard output)')
    .addOption(
      new Option('--format <format>', "jsonl, npy (beside a .pairs.tsv) or word2vec (gensim's text)").choices(formats),
    )
    .addHelpText(
      'after',
      examples([
        'relbert embed Tokyo:Japan Paris:France',
        'relbert embed --pairs pairs.tsv --output vectors.npy',
        'cut -f 1,2 relations.tsv | relbert embed --pairs - --format word2vec --output relations.vec',
      ]),
    )
    .action(async (args: string[], flags: EmbedFlags) => {
      const format = flags.format ?? formatOf(flags.output);
      if (format === 'npy' && flags.output === undefined) {
        throw new UsageError('the format npy writes two files, so it needs --output FILE');
      }
      const { pairs, count } = await openPairs(args, flags.pairs, terminal);
      const encoder = await loadEncoder(flags, terminal, { worker: true });
      try {
        const { openEmbeddingWriter } = await import('./embedding-writer.ts');
        const writer = await openEmbeddingWriter(format, flags.output, encoder.dimension, terminal);
        try {
          const total = terminal.showsProgress ? await count() : undefined;
          const progress = await terminal.progress('encoding', 'pairs', total);
          try {
            let done = 0;
            const blocks = encoder.encodeStream(pairs, { signal: terminal.signal, blockSize: 1024 });
            for await (const block of blocks) {
              await writer.write(block);
              done += block.pairs.length;
              progress.update(done);
            }
          } finally {
            progress.stop();
          }
          terminal.signal.throwIfAborted();
          await writer.finish();
        } catch (error) {
          await writer.discard();
          throw error;
        }
      } finally {
        await encoder.dispose();
      }
    });
}

/** The format that the ending of the output file asks for. */
export function formatOf(output: string | undefined): EmbeddingFormat {
  if (output === undefined) return 'jsonl';
  if (/\.npy$/i.test(output)) return 'npy';
  return /\.(vec|w2v)$/i.test(output) ? 'word2vec' : 'jsonl';
}
