/** `relbert mine`: new pairs of a relation from a few of its pairs. */
import type { MinedPair } from '../index/mining.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { indexModelOptions } from './index-model.ts';
import { openPool } from './mining-pool.ts';
import { type Flags, flag, fromOne, number, required, text, withDefault } from './option.ts';
import { openPairs } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

const options = {
  seeds: required(
    text('<file>', 'pairs of the relation, 3 to 20 of them: .tsv, .csv, .jsonl or .txt, - for standard input'),
  ),
  among: required(
    text('<pool>', 'candidates: the folder of an index, a file of pairs or of vectors, or package/wordnet ...'),
  ),
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
  ],
  async run(_, flags, terminal) {
    const seeds = await readPairs(flags.seeds, terminal);
    const not = flags.not === undefined ? [] : await readPairs(flags.not, terminal);
    const { runtime } = await import('../node/worker.ts').then(({ nodeWorkerRuntime }) => ({
      runtime: nodeWorkerRuntime(), // ends with the process
    }));
    const { minePairs } = await import('../index/mining.ts');
    await using pool = await openPool(flags.among, flags, terminal);
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
      if (compared === 0) throw new Error(`${flags.among}: holds no pair`);
      await printMined(found, flags, terminal);
    } finally {
      progress.stop();
    }
  },
});

/** All pairs of a file, each once. */
async function readPairs(file: string, terminal: Terminal): Promise<WordPair[]> {
  const { distinctPairs } = await import('../data/relation-set.ts');
  const pairs: WordPair[] = [];
  for await (const { head, tail } of (await openPairs([], file, terminal)).pairs) pairs.push({ head, tail });
  if (pairs.length === 0) throw new Error(`${file}: holds no pair`);
  return distinctPairs(pairs);
}

async function printMined(found: readonly MinedPair[], { json }: MineFlags, terminal: Terminal): Promise<void> {
  if (json) {
    for (const { pair, score, seed } of found) {
      const { head, tail, columns } = pair;
      await terminal.print(JSON.stringify({ ...columns, head, tail, score, seed }));
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
