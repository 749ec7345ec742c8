/** `relbert embed --format arrow` on an Arrow stream: a batch in, the same batch with its embeddings out, at once. */
import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { ArrowReader } from '../formats/arrow-reader.ts';
import { ArrowWriter } from '../formats/arrow-writer.ts';
import { type Output, openOutput } from './output.ts';
import { arrowForm } from './table-writer.ts';
import type { Terminal } from './terminal.ts';
import { UnknownWordSearch } from './unknown-words.ts';

export interface EmbedArrowOptions {
  readonly path: string | undefined;
  /** null as the embedding of a pair with too long a prompt; else such a pair is an error. */
  readonly skipTooLong: boolean;
}

/**
 * How many rows have no embedding.
 * @throws DataError naming the row that has no words, or too long a prompt
 */
export async function embedArrow(
  input: ArrowReader,
  encoder: RelationEncoder,
  { path, skipTooLong }: EmbedArrowOptions,
  terminal: Terminal,
): Promise<number> {
  const { loadArrow } = await import('../node/arrow-package.ts');
  const { dimension } = encoder;
  const output = await openOutput(path, terminal);
  const progress = await terminal.progress('encoding', 'pairs');
  const unknown = new UnknownWordSearch(encoder);
  let skipped = 0;
  let done = 0;
  try {
    const writer = new ArrowWriter(await loadArrow(), input.schema, arrowForm(path), terminal.note);
    await writeAll(output, writer.start());
    for await (const { batch, firstRow, pairs } of input.batches()) {
      const data = new Float32Array(pairs.length * dimension);
      const missing = new Set<number>();
      let row = 0;
      const options = { signal: terminal.signal, blockSize: 1024, readAhead: true, onTooLong: 'skip' } as const;
      for await (const block of encoder.encodeStream(pairs, options)) {
        data.set(block.data, row * dimension);
        await unknown.look(block.pairs);
        for (const { index, pair, length, limit } of block.skipped) {
          if (!skipTooLong) {
            const problem = `its prompt has ${length} tokens, ${limit} are allowed: use a shorter --template, or --skip-too-long, which leaves its embedding null`;
            throw input.rowError(firstRow + row + index, pair, problem);
          }
          missing.add(row + index);
        }
        row += block.pairs.length;
        progress.update(done + row);
      }
      for (const index of missing) data.fill(0, index * dimension, (index + 1) * dimension);
      await writeAll(output, writer.batch(batch, { data, dimension, ...(missing.size > 0 && { missing }) }));
      skipped += missing.size;
      done += pairs.length;
    }
    terminal.signal.throwIfAborted();
    await writeAll(output, writer.end());
    await input.end();
    await output.commit();
    unknown.warn(terminal);
  } finally {
    progress.stop();
    await output.discard();
  }
  return skipped;
}

async function writeAll(output: Output, parts: readonly Uint8Array[]): Promise<void> {
  for (const bytes of parts) await output.write(bytes);
}
