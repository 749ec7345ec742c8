/** `relbert mine`: new pairs of a relation from a few of its pairs. */
import type { MinedPair } from '../index/mining.ts';
import { furtherColumns } from '../pair/further-columns.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { indexModelOptions, placeName } from './index-model.ts';
import { encodedPool, type OpenPool, openPool } from './mining-pool.ts';
import { type Flags, flag, fromOne, number, required, text, withDefault } from './option.ts';
import { openPairs } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

const options = {
  seeds: required(
    text('<file>', 'pairs of the relation, 3 to 20 of them: .tsv, .csv, .jsonl or .txt, - for standard input'),
  ),
  among: text(
    '<pool>',
    'candidates: an index (its folder, or postgres://...), a file of pairs or of vectors, or package/wordnet ...',
  ),
  vocabulary: text('<file>', 'instead of --among: pairs of the words of a list, one a line, or of package/words'),
  not: text('<file>', 'pairs that look like the relation and are not'),
  top: withDefault(number('<number>', 'pairs to find', fromOne), 100),
  ...indexModelOptions,
  json: flag('print a line {"head","tail","score","seed"} for each pair, further columns beside'),
};
type MineFlags = Flags<typeof options>;

export const mine = command({
  name: 'mine',
  summary: 'new pairs of a relation from a few of its pairs',
  description:
    'Finds the candidates that are most like a few pairs of a relation. The mean direction of all candidates and what most of them share is taken off first. Seeds are left out. Any number of candidates takes the same memory.',
  options,
  examples: [
    'relbert mine --seeds capitals.tsv --among package/countries --top 20',
    'relbert mine --seeds capitals.tsv --not cities.tsv --among wordnet-index --json',
    'relbert mine --seeds capitals.tsv --vocabulary words.txt',
  ],
  async run(_, flags, terminal) {
    const seeds = await readPairs(flags.seeds, terminal);
    const not = flags.not === undefined ? [] : await readPairs(flags.not, terminal);
    const { nodeWorkerRuntime } = await import('../node/worker.ts');
    await using runtime = nodeWorkerRuntime();
    const { minePairs } = await import('../index/mining.ts');
    await using pool = await candidatesOf(flags, seeds, terminal);
    const vectors = await pool.vectorsOf([...seeds, ...not]);
    const progress = await terminal.progress('mining', 'pairs', pool.size);
    let compared = 0;
    try {
      const found = await minePairs(vectors.slice(0, seeds.length), pool, {
        runtime,
        threads: flags.threads,
        top: flags.top,
        not: vectors.slice(seeds.length),
        signal: terminal.signal,
        onProgress({ done }) {
          compared = done;
          progress.update(done, pool.size);
        },
      });
      if (compared === 0) throw new Error(`${await placeName(flags.among ?? flags.vocabulary ?? '')}: holds no pair`);
      await printMined(found, flags, terminal);
    } finally {
      progress.stop();
    }
  },
});

function candidatesOf(flags: MineFlags, seeds: readonly WordPair[], terminal: Terminal): Promise<OpenPool> {
  const { among, vocabulary } = flags;
  if (among !== undefined && vocabulary === undefined) return openPool(among, flags, terminal);
  if (among === undefined && vocabulary !== undefined) return vocabularyPool({ ...flags, vocabulary }, seeds, terminal);
  throw new UsageError('where are the candidates? Give --among POOL or --vocabulary FILE, one of them');
}

/** Pairs of a list of words that are encoded at most. */
const vocabularyPairs = 100_000;

/**
 * All pairs of the words of a list; of a long one, the words most like a head of the seeds with those most like a tail, by
 * the words alone.
 */
async function vocabularyPool(
  flags: MineFlags & { readonly vocabulary: string },
  seeds: readonly WordPair[],
  terminal: Terminal,
): Promise<OpenPool> {
  const { wordTable } = await import('./complete.ts');
  const { cosine } = await import('../encoder/embeddings.ts');
  const asked = seeds.flatMap(({ head, tail }) => [head, tail]);
  const table = await wordTable({ ...flags, model: flags.model ?? 'embedded' }, asked, terminal);
  const { words, answers, data, dimension } = table;
  const listed = words.slice(0, answers);
  const vectorOf = (at: number): Float32Array => data.subarray(at * dimension, (at + 1) * dimension);
  const most = Math.floor(Math.sqrt(vocabularyPairs));
  const like = (examples: readonly string[]): readonly string[] => {
    if (answers <= most) return listed;
    const vectors = examples.map((word) => vectorOf(words.indexOf(word)));
    return listed
      .map((word, at) => ({ word, score: Math.max(...vectors.map((vector) => cosine(vector, vectorOf(at)))) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, most)
      .map(({ word }) => word);
  };
  if (answers > most)
    terminal.note(
      `${flags.vocabulary}: ${most} words like the heads of the seeds and ${most} like the tails are taken`,
    );
  const heads = like(seeds.map(({ head }) => head));
  const tails = like(seeds.map(({ tail }) => tail));
  async function* pairs(): AsyncGenerator<WordPair> {
    for (const head of heads) for (const tail of tails) if (head !== tail) yield { head, tail };
  }
  return encodedPool({ name: flags.vocabulary, pairs }, flags, terminal);
}

/** All pairs of a file, each once, without a label that a third column may have. */
async function readPairs(file: string, terminal: Terminal): Promise<WordPair[]> {
  const { distinctPairs } = await import('../data/relation-set.ts');
  const pairs: WordPair[] = [];
  for await (const { head, tail } of (await openPairs([], file, terminal, { labelled: true })).pairs)
    pairs.push({ head, tail });
  if (pairs.length === 0) throw new Error(`${file === '-' ? 'standard input' : file}: holds no pair`);
  return distinctPairs(pairs);
}

async function printMined(found: readonly MinedPair[], { json }: MineFlags, terminal: Terminal): Promise<void> {
  if (json) {
    const further = furtherColumns(['score', 'seed'], terminal.note);
    for (const { pair, score, seed } of found) {
      const { head, tail } = pair;
      await terminal.print(JSON.stringify({ ...further(pair), head, tail, score, seed }));
    }
    return;
  }
  const { tableText } = await import('./table.ts');
  const shown = ({ head, tail }: WordPair): string => visible(`${head}:${tail}`);
  const rows = found.map(({ pair, score, seed }, i) => [String(i + 1), shown(pair), score.toFixed(4), shown(seed)]);
  await terminal.print(
    tableText(
      [{ title: '', align: 'right' }, { title: 'pair' }, { title: 'score', align: 'right' }, { title: 'nearest seed' }],
      rows,
      terminal.style,
    ),
  );
}
