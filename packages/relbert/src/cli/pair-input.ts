/** Where the word pairs of a command come from: arguments, a file, standard input, the package. */
import type { ArrowReader } from '../formats/arrow-reader.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { checkUsage, UsageError } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** A pair as an argument has it: HEAD:TAIL or JSON. */
export async function pairArgument(text: string): Promise<WordPair> {
  const { parsePair } = await import('../pair/parse-pair.ts');
  return checkUsage(() => parsePair(text));
}

export interface PairInput {
  readonly pairs: AsyncIterable<WordPair>;
  /** About how many pairs there are, where that can be known ahead: a pass over the file. */
  count(): Promise<number | undefined>;
  /** The same pairs once more, from a file: what must be known before the first is written. */
  readonly again?: () => AsyncIterable<WordPair>;
  /**
   * Where the input is an Arrow stream: the same pairs, with every column as it is.
   * @internal The types of apache-arrow are not there for everybody.
   */
  readonly arrow?: ArrowReader;
}

/**
 * The pairs of arguments, or of a file (`-`: standard input, `package/NAME`: carried by the package) as a stream.
 * @param options `quiet`: without the notice of a header line, where the file was read before; `labelled`: a third
 *   column without a header line is a label, which is left out
 */
export async function openPairs(
  args: readonly string[],
  file: string | undefined,
  terminal: Terminal,
  { quiet = false, labelled = false } = {},
): Promise<PairInput> {
  if (args.length > 0 && file !== undefined) {
    throw new UsageError('give pairs as arguments or by --pairs, not both');
  }
  if (file === undefined) {
    if (args.length === 0)
      throw new UsageError('no pairs: give HEAD:TAIL ..., --pairs FILE, or --pairs - to read them');
    return pairsInMemory(await Promise.all(args.map(pairArgument)));
  }
  const { isCarried, readCarriedPairs } = await import('../node/package-data.ts');
  if (isCarried(file)) {
    const { pairsOfCarried } = await import('../data/carried.ts');
    return pairsInMemory(pairsOfCarried(await readCarriedPairs(file)));
  }
  const { pairFileFormat } = await import('../pair/pair-file.ts');
  const { existingKind } = await import('../node/read-file.ts');
  const arrowName = /\.(arrows?|feather|ipc)$/i.test(file);
  const format = arrowName ? undefined : checkUsage(() => pairFileFormat(file));
  const kind = file === '-' ? undefined : await existingKind(file);
  const { countLines, readChunks } = await import('../node/byte-stream.ts');
  const { ByteReader } = await import('../formats/byte-reader.ts');
  const { ARROW_SIGNATURE_BYTES, ArrowReader, isArrow } = await import('../formats/arrow-reader.ts');
  const name = file === '-' ? 'standard input' : file;
  const reader = new ByteReader(file === '-' ? terminal.readInput() : readChunks(file, terminal.signal));
  if (isArrow(await reader.peek(ARROW_SIGNATURE_BYTES))) {
    const { loadArrow } = await import('../node/arrow-package.ts');
    const arrow = await ArrowReader.open(await loadArrow(), reader, name);
    return { pairs: arrow.pairs(), count: async () => undefined, arrow };
  }
  if (!format) throw new Error(`${file}: is not an Arrow stream or file`);
  const { parsePairFile } = await import('../pair/pair-file.ts');
  const parse = (chunks: AsyncIterable<Uint8Array>, onNotice?: (notice: string) => void): AsyncIterable<WordPair> =>
    parsePairFile(chunks, { file: name, format, onNotice, labelled });
  return {
    pairs: parse(reader.rest(), quiet ? undefined : terminal.note),
    count: async () => (kind === 'file' ? countLines(file, terminal.signal) : undefined),
    ...(kind === 'file' && { again: () => parse(readChunks(file, terminal.signal)) }),
  };
}

function pairsInMemory(pairs: readonly WordPair[]): PairInput {
  return {
    pairs: (async function* () {
      yield* pairs;
    })(),
    count: async () => pairs.length,
  };
}
