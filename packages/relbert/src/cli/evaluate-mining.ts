/** `relbert evaluate mining`: what share of mined pairs stands in the relation. */

import type { MiningFigures, MiningMethod, MiningResult } from '../evaluate/mining.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { evaluatedRelations } from './evaluated-relations.ts';
import { UsageError } from './exit.ts';
import { indexModelOptions } from './index-model.ts';
import { encodedPool, type OpenPool, openPool } from './mining-pool.ts';
import { type Flags, flag, fromOne, fromZero, list, number, numbers, required, text, withDefault } from './option.ts';
import { noteMissingWords, readWithProgress } from './pair-model.ts';
import type { Terminal } from './terminal.ts';

const options = {
  data: required(
    list(
      '<path...>',
      'relations: .jsonl of {"relation","positives"}, a table with a relation column, a folder of BATS ...',
    ),
  ),
  among: text(
    '<pool>',
    'candidates beside the pairs of the relations: an index, a file of pairs or vectors, or package/NAME',
  ),
  seeds: withDefault(numbers('<number...>', 'how many pairs are given', fromOne), [5, 20]),
  draws: withDefault(number('<number>', 'times that seeds are drawn for each relation', fromOne), 10),
  seed: withDefault(number('<number>', 'of the draws', fromZero), 0),
  leastPairs: withDefault(number('<number>', 'relations with fewer pairs are left out', fromOne), 30),
  vectors: text('<file>', 'word vectors (word2vec or GloVe text, may be gzip): 3CosAvg and LRCos beside'),
  relations: flag('print the figures of each relation, too'),
  ...indexModelOptions,
  json: flag('print {"pool","draws","results":[{"method","seeds","precision50","precision100","averagePrecision"}]}'),
};
type MiningFlags = Flags<typeof options>;

export const evaluateMining = command({
  name: 'mining',
  summary: 'precision of mined pairs',
  description:
    'Draws a few pairs of each relation and mines the others: precision of the first 50 and 100 pairs that are found, and average precision, means over draws and relations. Of a model that was trained on these relations the figures are an upper bound; pairs of a relation that its file lacks count as wrong.',
  options,
  examples: [
    'relbert evaluate mining --data relations.jsonl --among wordnet-index',
    'relbert evaluate mining --data BATS_3.0 --among package/unlabelled --seeds 5 --vectors glove.6B.300d.txt',
  ],
  async run(_, flags, terminal) {
    const all = await evaluatedRelations(flags, terminal);
    const relations = all.filter(({ positives }) => positives.length >= flags.leastPairs);
    if (relations.length === 0) throw new UsageError(`no relation has ${flags.leastPairs} pairs (--least-pairs)`);
    if (relations.length < all.length)
      terminal.note(
        `left out: ${counted(all.length - relations.length, 'relation')} with fewer than ${counted(flags.leastPairs, 'pair')}`,
      );
    const { evaluateMining, miningPool, relationMethods } = await import('../evaluate/mining.ts');
    const given = miningPool([], relations);
    await using pool =
      flags.among === undefined ? await poolOf(given, flags, terminal) : await openPool(flags.among, flags, terminal);
    const { pairs, vectors, dimension } = await gather(pool, given, terminal);
    const { nodeWorkerRuntime } = await import('../node/worker.ts');
    await using runtime = nodeWorkerRuntime();
    const methods = await relationMethods(vectors, dimension, {
      runtime,
      threads: flags.threads,
      signal: terminal.signal,
    });
    methods.push(...(await wordBaselines(pairs, flags.vectors, terminal)));
    const progress = await terminal.progress('mining', 'relations and methods', relations.length * methods.length);
    try {
      const results = await evaluateMining(relations, pairs, methods, {
        seeds: flags.seeds,
        draws: flags.draws,
        seed: flags.seed,
        signal: terminal.signal,
        onProgress: ({ done }) => progress.update(done),
      });
      await terminal.print(
        flags.json
          ? JSON.stringify({ pool: pairs.length, draws: flags.draws, results })
          : await resultsText(results, pairs.length, flags, terminal),
      );
    } finally {
      progress.stop();
    }
  },
});

function poolOf(pairs: readonly WordPair[], flags: MiningFlags, terminal: Terminal): Promise<OpenPool> {
  async function* stream(): AsyncGenerator<WordPair> {
    yield* pairs;
  }
  return encodedPool({ name: flags.data.join(' '), pairs: stream }, flags, terminal);
}

/** All different pairs of the pool with their vectors, and those of the relations that it lacks. */
async function gather(pool: OpenPool, given: readonly WordPair[], terminal: Terminal) {
  const { pairKey } = await import('../pair/pair-key.ts');
  const seen = new Set<string>();
  const pairs: WordPair[] = [];
  const vectors: Float32Array[] = [];
  const add = (pair: WordPair, vector: Float32Array): void => {
    const key = pairKey(pair);
    if (seen.has(key)) return;
    seen.add(key);
    pairs.push(pair);
    vectors.push(vector);
  };
  const progress = await terminal.progress('reading candidates', 'pairs', pool.size);
  try {
    for await (const { pairs: some, data, shape } of pool.blocks({ signal: terminal.signal })) {
      const dimension = shape[1];
      for (const [i, pair] of some.entries()) add(pair, data.slice(i * dimension, (i + 1) * dimension));
      progress.update(pairs.length);
    }
  } finally {
    progress.stop();
  }
  const missing = given.filter((pair) => !seen.has(pairKey(pair)));
  if (missing.length > 0) for (const { pair, vector } of await pool.vectorsOf(missing)) add(pair, vector);
  const dimension = vectors[0]?.length ?? 0;
  const data = new Float32Array(pairs.length * dimension);
  for (const [i, vector] of vectors.entries()) data.set(vector, i * dimension);
  return { pairs, vectors: data, dimension };
}

async function wordBaselines(
  pairs: readonly WordPair[],
  file: string | undefined,
  terminal: Terminal,
): Promise<MiningMethod[]> {
  if (file === undefined) return [];
  const { readWordVectors } = await import('../formats/word-vectors.ts');
  const { wordMethods } = await import('../evaluate/word-mining.ts');
  const words = new Set(pairs.flatMap(({ head, tail }) => [head, tail]));
  const vectors = await readWordVectors(readWithProgress(file, terminal), words, file);
  const missing = new Set([...words].filter((word) => !vectors.get(word)));
  noteMissingWords(missing, 'put their pairs last in 3CosAvg and LRCos', terminal);
  return wordMethods(pairs, vectors);
}

async function resultsText(
  results: readonly MiningResult[],
  pool: number,
  { relations, draws }: MiningFlags,
  terminal: Terminal,
): Promise<string> {
  const { tableText } = await import('./table.ts');
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const figures = ({ precision50, precision100, averagePrecision }: MiningFigures): string[] =>
    [precision50, precision100, averagePrecision].map((value) => value.toFixed(3));
  const heads = [right('seeds'), right('P@50'), right('P@100'), right('AP')];
  const rows = results.map((result) => [result.method, String(result.seeds), ...figures(result)]);
  const tables = [tableText([{ title: `${pool} candidates, ${draws} draws` }, ...heads], rows, terminal.style)];
  if (relations) {
    for (const { method, relations: own, seeds } of results) {
      const lines = own.map((relation) => [relation.relation, String(relation.pairs), ...figures(relation)]);
      const titles = [{ title: `${method}, ${counted(seeds, 'seed')}` }, right('pairs'), ...heads.slice(1)];
      tables.push(tableText(titles, lines, terminal.style));
    }
  }
  return tables.join('\n\n');
}
