/** `relbert embed`: relation embeddings of word pairs, as a stream in constant memory. */
import type { EmbeddingBlock, SkippedPair } from '../encoder/embeddings.ts';
import { command } from './command.ts';
import { type EmbeddingFormat, embeddingFormats } from './embedding-format.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { choice, flag, text } from './option.ts';
import { openPairs } from './pair-input.ts';

export const embed = command({
  name: 'embed',
  summary: 'relation embeddings of word pairs',
  description:
    'Relation embeddings of word pairs, in the order given. Any number of pairs takes the same memory, but for the format word2vec, which keeps each key so that none comes twice.',
  arguments: [['[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options: {
    pairs: text(
      '<file>',
      '.tsv, .csv, .jsonl or .txt file, or package/NAME; - reads JSON, tab-separated or HEAD:TAIL lines from standard input',
    ),
    ...modelOptions,
    output: text('<file>', 'where to write (default, or -: standard output)'),
    format: choice(
      '<format>',
      'jsonl, npy (beside a .pairs.tsv), word2vec or word2vec-binary (as gensim reads them); default by the ending: .npy, .vec, .w2v, .bin',
      embeddingFormats,
    ),
    skipTooLong: flag('leave out pairs with too long a prompt, and say how many'),
  },
  examples: [
    'relbert embed Tokyo:Japan Paris:France',
    'relbert embed --pairs pairs.tsv --output vectors.npy',
    'cut -f 1,2 relations.tsv | relbert embed --pairs - --format word2vec --output relations.vec',
  ],
  async run([args], flags, terminal) {
    const output = flags.output === '-' ? undefined : flags.output;
    const format = flags.format ?? formatOf(output);
    if (format === 'npy' && output === undefined) {
      throw new UsageError('the format npy writes two files, so it needs --output FILE');
    }
    const { pairs, count } = await openPairs(args, flags.pairs, terminal);
    await using encoder = await loadEncoder(flags, terminal, { worker: true });
    const { openEmbeddingWriter } = await import('./embedding-writer.ts');
    let skipped = 0;
    let first: SkippedPair | undefined;
    const writer = await openEmbeddingWriter(format, output, encoder.dimension, terminal);
    try {
      const total = terminal.showsProgress ? await count() : undefined;
      const progress = await terminal.progress('encoding', 'pairs', total);
      try {
        let done = 0;
        const onTooLong = flags.skipTooLong ? 'skip' : 'error';
        const blocks = encoder.encodeStream(pairs, { signal: terminal.signal, blockSize: 1024, onTooLong });
        for await (const block of blocks) {
          await writer.write(withoutSkipped(block));
          first ??= block.skipped[0];
          skipped += block.skipped.length;
          done += block.pairs.length;
          progress.update(done);
        }
      } finally {
        progress.stop();
      }
      terminal.signal.throwIfAborted();
      await writer.finish();
      if (first) {
        const { pairText } = await import('../pair/word-pair.ts');
        const { pair, length, limit } = first;
        terminal.note(
          `${skipped} ${skipped === 1 ? 'pair was' : 'pairs were'} left out: too long a prompt (${pairText(pair)} has ${length} tokens, ${limit} are allowed)`,
        );
      }
    } catch (error) {
      await writer.discard();
      throw error;
    }
  },
});

/** The rows that have an embedding. */
function withoutSkipped(block: EmbeddingBlock): EmbeddingBlock {
  if (block.skipped.length === 0) return block;
  const left = new Set(block.skipped.map(({ index }) => index));
  const dimension = block.shape[1];
  const kept = [...block.pairs.keys()].filter((index) => !left.has(index));
  const data = new Float32Array(kept.length * dimension);
  for (const [i, index] of kept.entries()) {
    data.set(block.data.subarray(index * dimension, (index + 1) * dimension), i * dimension);
  }
  return {
    pairs: block.pairs.filter((_, index) => !left.has(index)),
    data,
    shape: [kept.length, dimension],
    skipped: [],
  };
}

/** The format that the ending of the output file asks for. */
export function formatOf(output: string | undefined): EmbeddingFormat {
  if (output === undefined) return 'jsonl';
  if (/\.npy$/i.test(output)) return 'npy';
  if (/\.bin$/i.test(output)) return 'word2vec-binary';
  return /\.(vec|w2v)$/i.test(output) ? 'word2vec' : 'jsonl';
}
