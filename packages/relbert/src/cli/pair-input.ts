/** Where the word pairs of a command come from: arguments, a file, standard input, the package. */
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
}

/** The pairs of arguments, or of a file (`-`: standard input, `package/NAME`: carried by the package) as a stream. */
export async function openPairs(
  args: readonly string[],
  file: string | undefined,
  terminal: Terminal,
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
  const { parsePairFile, pairFileFormat } = await import('../pair/pair-file.ts');
  const { countLines, readChunks } = await import('../node/byte-stream.ts');
  const { kindOfPath } = await import('../node/read-file.ts');
  const format = checkUsage(() => pairFileFormat(file));
  const kind = file === '-' ? undefined : await kindOfPath(file);
  if (file !== '-' && kind === undefined) throw new Error(`${file}: there is no such file`);
  return {
    pairs: parsePairFile(file === '-' ? terminal.readInput() : readChunks(file, terminal.signal), {
      file: file === '-' ? 'standard input' : file,
      format,
      onNotice: terminal.note,
    }),
    count: async () => (kind === 'file' ? countLines(file, terminal.signal) : undefined),
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
