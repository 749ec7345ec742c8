/** Files of precomputed pair vectors: how they differ from files of pairs, by ending and first line. */
import type { VectorBlock } from '../formats/vector-block.ts';
import type { PairVector } from '../index/index-question.ts';
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { UsageError } from './exit.ts';
import type { Terminal } from './terminal.ts';

/**
 * How to read a file of vectors from its beginning, as often as needed; undefined where the file holds pairs alone.
 * @throws FileError where there is no such file, Error where there is no .pairs.tsv beside a .npy; UsageError for a .npy.gz
 */
export async function openVectorBlocks(
  file: string,
  terminal: Terminal,
): Promise<(() => AsyncIterable<VectorBlock>) | undefined> {
  if (file === '-' || file.startsWith('package/')) return undefined;
  const { existingKind, kindOfPath } = await import('../node/read-file.ts');
  const { readChunks } = await import('../node/byte-stream.ts');
  const { jsonBlocks, npyBlocks, word2vecBlocks } = await import('../formats/pair-vector-file.ts');
  if ((await existingKind(file)) === 'folder')
    throw new Error(
      `${file}: is a folder without an index (no manifest.json); expected an index, or a file of pairs or vectors`,
    );
  const chunks = () => readChunks(file, terminal.signal);
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.npy')) {
    if (/\.gz$/i.test(file))
      throw new UsageError(`${file}: a NumPy array is not read from a .gz; unpack it beside its .pairs.tsv first`);
    const pairs = file.replace(/\.npy$/i, '.pairs.tsv');
    if ((await kindOfPath(pairs)) !== 'file')
      throw new Error(`${file}: its pairs are missing; expected them in ${pairs}`);
    return () => npyBlocks({ chunks: chunks(), file }, { chunks: readChunks(pairs, terminal.signal), file: pairs });
  }
  if (name.endsWith('.parquet')) {
    const others = '--format arrow, npy, jsonl or word2vec';
    throw new UsageError(`${file}: Parquet files are written, but not read; write the vectors with ${others}`);
  }
  if (/\.(arrows?|feather|ipc)$/.test(name)) {
    const { ArrowReader } = await import('../formats/arrow-reader.ts');
    const { ByteReader } = await import('../formats/byte-reader.ts');
    const { loadArrow } = await import('../node/arrow-package.ts');
    const open = async () => ArrowReader.open(await loadArrow(), new ByteReader(chunks()), file);
    const reader = await open();
    await reader.close();
    if (!reader.hasVectors) return undefined;
    return async function* () {
      yield* (await open()).vectors();
    };
  }
  if (/\.(tsv|csv)$/.test(name)) return undefined;
  if (!name.endsWith('.bin')) {
    const line = await firstLine(chunks(), file);
    // embed writes JSON lines into files of several endings, or of none.
    if (holdsEmbeddings(line)) return () => jsonBlocks(chunks(), file);
    if (name.endsWith('.jsonl') || (name.endsWith('.txt') && !holdsVectors(line))) return undefined;
  }
  return () => word2vecBlocks(chunks(), file);
}

/**
 * The vectors of pairs in a file of vectors.
 * @throws Error naming a pair that the file does not have
 */
export async function findVectors(
  pairs: readonly WordPair[],
  blocks: AsyncIterable<VectorBlock>,
  file: string,
  terminal: Terminal,
): Promise<PairVector[]> {
  const found = new Map<string, Float32Array | undefined>(pairs.map((pair) => [pairKey(pair), undefined]));
  let missing = found.size;
  const progress = await terminal.progress('looking up', 'pairs');
  let done = 0;
  try {
    for await (const block of blocks) {
      terminal.signal.throwIfAborted();
      const dimension = block.shape[1];
      for (const [row, pair] of block.pairs.entries()) {
        const key = pairKey(pair);
        if (!found.has(key) || found.get(key)) continue;
        found.set(key, block.data.slice(row * dimension, (row + 1) * dimension));
        missing--;
      }
      done += block.pairs.length;
      progress.update(done);
      if (missing === 0) break;
    }
  } finally {
    progress.stop();
  }
  const { pairText } = await import('../pair/word-pair.ts');
  return pairs.map((pair) => {
    const vector = found.get(pairKey(pair));
    if (vector) return { pair, vector };
    throw new Error(`${file}: has no vector of ${pairText(pair)}; name the model that made the file by --model`);
  });
}

/** Whether a file starts with the JSON of a pair with its embedding. */
function holdsEmbeddings(line: string): boolean {
  try {
    const first: unknown = JSON.parse(line);
    return typeof first === 'object' && first !== null && 'embedding' in first;
  } catch {
    return false; // what reads it as pairs says what is wrong with it
  }
}

/** Whether a .txt file starts as word2vec's text format does: with its header, or with a pair's key and numbers. */
function holdsVectors(line: string): boolean {
  return /^\s*\d+[ \t]+\d+\s*$/.test(line) || /^\S+__\S+[ \t].*\d\s*$/.test(line);
}

/** The first line that is not blank, or an empty text. */
async function firstLine(chunks: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const { gunzipped } = await import('../formats/gunzip.ts');
  const { lineGroups } = await import('../text/lines.ts');
  for await (const lines of lineGroups(gunzipped(chunks, file), file)) {
    for (const { bytes } of lines) {
      const text = new TextDecoder().decode(bytes);
      if (text.trim() !== '') return text;
    }
  }
  return '';
}
