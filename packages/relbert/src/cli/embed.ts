/** `relbert embed`: relation embeddings of word pairs, as a stream in constant memory. */

import type { EmbeddingBlock, SkippedPair } from '../encoder/embeddings.ts';
import { dtypes, fastDtype } from '../encoder/encoder-options.ts';
import type { ColumnTypes } from '../formats/column-type.ts';
import { furtherColumns } from '../pair/further-columns.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { command } from './command.ts';
import { type EmbeddingFormat, embeddingFormats, formatOf, pairsPathOf } from './embedding-format.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { choice, flag, outputText, text } from './option.ts';
import { openPairs, type PairInput } from './pair-input.ts';
import type { Terminal } from './terminal.ts';
import { UnknownWordSearch } from './unknown-words.ts';

export const embed = command({
  name: 'embed',
  summary: 'relation embeddings of word pairs',
  description:
    'Relation embeddings of word pairs, in the order given, with further columns beside them. Any number of pairs takes the same memory, but for the format word2vec, which keeps each key so that none comes twice.',
  arguments: [['[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options: {
    pairs: text(
      '<file>',
      '.tsv, .csv, .jsonl, .txt or .arrow file, or package/NAME; - reads JSON, tab-separated or HEAD:TAIL lines, or Arrow, from standard input',
    ),
    ...modelOptions,
    dtype: choice(
      '<dtype>',
      'precision of the computation (default: int8 where the weights are, as those of the embedded model, which is twice as fast; else f32)',
      dtypes,
    ),
    output: outputText('where to write (default, or -: standard output)', (path) => [path, pairsPathOf(path)]),
    format: choice(
      '<format>',
      'jsonl, npy (beside a .pairs.tsv), word2vec or word2vec-binary (as gensim reads them), arrow (reads Arrow from standard input unless pairs are given), parquet; default by the ending: .npy, .vec, .w2v, .bin, .arrow, .arrows, .parquet',
      embeddingFormats,
    ),
    skipTooLong: flag('leave out pairs with too long a prompt, and say how many'),
  },
  examples: [
    'relbert embed Tokyo:Japan Paris:France',
    'relbert embed --pairs pairs.tsv --output vectors.npy',
    'cut -f 1,2 relations.tsv | relbert embed --pairs - --format word2vec --output relations.vec',
    'relbert embed --format arrow < pairs.arrows > vectors.arrows',
  ],
  async run([args], flags, terminal) {
    const { outputFile } = await import('./output.ts');
    const output = outputFile(flags.output);
    const format = formatOf(output, flags.format);
    if ((format === 'npy' || format === 'parquet') && output === undefined) {
      throw new UsageError(`the format ${format} needs --output FILE`);
    }
    const fromInput = format === 'arrow' && args.length === 0 ? '-' : undefined;
    const input = withFreeColumns(await openPairs(args, flags.pairs ?? fromInput, terminal), terminal);
    const types = await declaredTypes(format, input);
    await using encoder = await loadEncoder({ ...flags, dtype: flags.dtype ?? fastDtype(flags.device) }, terminal);
    const skipTooLong = flags.skipTooLong ?? false;
    if (input.arrow && format === 'arrow') {
      const { embedArrow } = await import('./embed-arrow.ts');
      const skipped = await embedArrow(input.arrow, encoder, { path: output, skipTooLong }, terminal);
      if (skipped > 0) terminal.note(`${pairsWere(skipped)} left without an embedding: too long a prompt`);
      return;
    }
    const { openEmbeddingWriter } = await import('./embedding-writer.ts');
    let done = 0;
    let skipped = 0;
    let first: SkippedPair | undefined;
    const unknown = new UnknownWordSearch(encoder);
    const { dimension } = encoder;
    const writer = await openEmbeddingWriter(format, { path: output, dimension, types }, terminal);
    try {
      const total = terminal.showsProgress ? await input.count() : undefined;
      const progress = await terminal.progress('encoding', 'pairs', total);
      try {
        const onTooLong = skipTooLong ? 'skip' : 'error';
        const blocks = encoder.encodeStream(input.pairs, {
          ...{ signal: terminal.signal, blockSize: 1024, readAhead: true, onTooLong },
        });
        for await (const block of blocks) {
          const kept = withoutSkipped(block);
          await unknown.look(kept.pairs);
          // The first block that is written says the columns, which only pairs have.
          if (kept.pairs.length > 0) await writer.write(kept);
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
      unknown.warn(terminal);
      if (done === 0) terminal.note('the input holds no pair');
      if (first) {
        const { pairText } = await import('../pair/word-pair.ts');
        const { pair, length, limit } = first;
        terminal.note(
          `${pairsWere(skipped)} left out: too long a prompt (${pairText(pair)} has ${length} tokens, ${limit} are allowed)`,
        );
      }
    } catch (error) {
      await writer.discard();
      throw error;
    }
  },
});

/** The further columns of a file, read ahead for a format that declares them; undefined: those of the first rows. */
async function declaredTypes(format: EmbeddingFormat, { again }: PairInput): Promise<ColumnTypes | undefined> {
  if (!again || !['arrow', 'parquet', 'npy'].includes(format)) return undefined;
  const { columnTypes } = await import('../formats/column-type.ts');
  let types: ColumnTypes = new Map();
  for await (const pair of again()) types = columnTypes([pair], types);
  return types;
}

/** Pairs without a column `embedding`, which the output has itself. */
function withFreeColumns(input: PairInput, { note }: Terminal): PairInput {
  const further = furtherColumns(['embedding'], note);
  async function* renamed(pairs: AsyncIterable<WordPair>): AsyncGenerator<WordPair> {
    for await (const pair of pairs) yield pair.columns ? { ...pair, columns: further(pair) } : pair;
  }
  const { again } = input;
  return { ...input, pairs: renamed(input.pairs), ...(again && { again: () => renamed(again()) }) };
}

function pairsWere(count: number): string {
  return count === 1 ? '1 pair was' : `${count} pairs were`;
}

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
