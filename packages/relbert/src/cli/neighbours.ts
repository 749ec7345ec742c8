/** `relbert neighbours`: the pairs whose relation is most like that of given ones, as in the paper's Tables 6 and 13. */
import type { VectorBlock } from '../formats/vector-block.ts';
import type { ScoredPair } from '../index/best-pairs.ts';
import type { PairVector } from '../index/index-question.ts';
import { furtherColumns } from '../pair/further-columns.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { holdsIndex, placeName } from './index-model.ts';
import { loadEncoder, modelOptions, severalModels } from './model-options.ts';
import { type Flags, flag, fromOne, number, required, text, withDefault } from './option.ts';
import { openPairs, pairArgument } from './pair-input.ts';
import { encodeAll, pairVectors, refuseEncoderFlags } from './pair-model.ts';
import type { Terminal } from './terminal.ts';
import { findVectors, openVectorBlocks } from './vector-blocks.ts';

const options = {
  among: required(
    text(
      '<file>',
      'pairs (.tsv, .csv, .jsonl, .txt, or package/wordnet, package/countries ...), or vectors that relbert embed wrote (.npy beside .pairs.tsv; .arrow, .arrows; word2vec text or binary or .jsonl, also .gz), or an index: its folder, or postgres://...; - reads pairs from standard input',
    ),
  ),
  top: withDefault(number('<number>', 'neighbours a pair', fromOne), 10),
  ...modelOptions,
  model: severalModels,
  json: flag(
    'print {"among","top","results":[{"model","queries":[{"pair","neighbours":[{"pair","score"}]}]}]}, further columns beside',
  ),
};
/** Without `--model`: the embedded model, unless the file of vectors needs none. */
type NeighbourFlags = Flags<typeof options>;

/** The neighbours that one model finds. */
interface ModelNeighbours {
  /** undefined: the vectors of the file. */
  readonly model: string | undefined;
  /** One list a query. */
  readonly neighbours: readonly (readonly ScoredPair[])[];
}

export const neighbours = command({
  name: 'neighbours',
  summary: 'pairs whose relation is most like that of given pairs',
  description:
    'The pairs of a file with the greatest cosine to given ones: exact, in one pass, in constant memory. The pair itself is left out, and repeated ones count once.',
  arguments: [['<pair...>', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options,
  examples: [
    'relbert neighbours barista:coffee dog:dogs --among pairs.tsv',
    'relbert neighbours barista:coffee --among pairs.tsv --model embedded --model ./my-model',
  ],
  async run([texts], flags, terminal) {
    const pairs = await Promise.all(texts.map(pairArgument));
    const results = await search(pairs, flags, terminal);
    const { top } = flags;
    const among = await placeName(flags.among);
    const further = furtherColumns(['pair', 'score'], terminal.note);
    await terminal.print(
      flags.json ? resultsJson(pairs, results, { among, top, further }) : await resultsText(pairs, results, terminal),
    );
  },
});

async function search(
  pairs: readonly WordPair[],
  flags: NeighbourFlags,
  terminal: Terminal,
): Promise<ModelNeighbours[]> {
  const indexed = await holdsIndex(flags.among);
  const stored = indexed ? undefined : await openVectorBlocks(flags.among, terminal);
  if (indexed || stored) {
    const models = flags.model ?? [];
    if (models.length > 1)
      throw new UsageError(
        `${await placeName(flags.among)} holds the vectors of one model; several --model need a file of pairs`,
      );
    if (!stored) return [await searchIndex(pairs, models[0], flags, terminal)];
    if (models.length === 0)
      refuseEncoderFlags(flags, `${flags.among} holds vectors already, and no --model is given for the query`);
    return [await searchVectors(pairs, stored, models[0], flags, terminal)];
  }
  const models = flags.model ?? ['embedded'];
  // Each model reads the pairs from their beginning, and standard input has only one.
  if (flags.among === '-' && models.length > 1)
    throw new UsageError('--among - can be read once; several --model need a file of pairs');
  const results: ModelNeighbours[] = [];
  for (const model of models) results.push(await searchPairs(pairs, model, flags, terminal));
  return results;
}

/** Among the pairs of an index, compared with every pair as in a file. */
async function searchIndex(
  pairs: readonly WordPair[],
  model: string | undefined,
  flags: NeighbourFlags,
  terminal: Terminal,
): Promise<ModelNeighbours> {
  const { openPairIndex, vectorsFor } = await import('./index-model.ts');
  const { pairKey } = await import('../pair/pair-key.ts');
  await using index = await openPairIndex(flags.among);
  if ((await index.count()) === 0) throw new Error(`${index.origin}: holds no pair`);
  const vectors = await vectorsFor(pairs, index, { ...flags, model }, terminal);
  const queries = vectors.map(({ pair, vector }) => ({ vector, pairs: [pair] }));
  // A pair with several sets of columns is in the index several times, and counts once here.
  for (let asked = flags.top; ; asked *= 2) {
    const found = await index.search(queries, { top: asked, exact: true, signal: terminal.signal });
    const neighbours = found.map((list) => {
      const first = new Map<string, ScoredPair>();
      for (const neighbour of list) {
        const key = pairKey(neighbour.pair);
        if (!first.has(key)) first.set(key, neighbour);
      }
      return [...first.values()].slice(0, flags.top);
    });
    if (neighbours.every(({ length }, q) => length === flags.top || (found[q]?.length ?? 0) < asked))
      return { model: model ?? index.model.name, neighbours };
  }
}

/** Among vectors that were made before: a query's vector is looked up there, or made by `--model`. */
async function searchVectors(
  pairs: readonly WordPair[],
  open: () => AsyncIterable<VectorBlock>,
  model: string | undefined,
  flags: NeighbourFlags,
  terminal: Terminal,
): Promise<ModelNeighbours> {
  const queries =
    model === undefined
      ? await findVectors(pairs, open(), flags.among, terminal)
      : await encodeAll(pairs, { ...flags, model }, terminal);
  return { model, neighbours: await nearest(queries, open(), undefined, flags, terminal) };
}

/** Among pairs that are encoded on the way. */
async function searchPairs(
  pairs: readonly WordPair[],
  model: string,
  flags: NeighbourFlags,
  terminal: Terminal,
): Promise<ModelNeighbours> {
  const among = await openPairs([], flags.among, terminal);
  await using encoder = await loadEncoder({ ...flags, model }, terminal);
  const queries = await pairVectors(pairs, encoder, terminal);
  const blocks = encoder.encodeStream(among.pairs, { signal: terminal.signal, readAhead: true });
  const total = terminal.showsProgress ? await among.count() : undefined;
  return { model, neighbours: await nearest(queries, blocks, total, flags, terminal) };
}

async function nearest(
  queries: readonly PairVector[],
  blocks: AsyncIterable<VectorBlock>,
  total: number | undefined,
  { top, among }: NeighbourFlags,
  terminal: Terminal,
): Promise<ScoredPair[][]> {
  const { nearestNeighbours } = await import('../index/nearest.ts');
  const progress = await terminal.progress('searching', 'pairs', total);
  let compared = 0;
  try {
    const neighbours = await nearestNeighbours(queries, blocks, {
      top,
      signal: terminal.signal,
      onProgress({ done }) {
        compared = done;
        progress.update(done, total);
      },
    });
    if (compared === 0) throw new Error(`${among}: holds no pair`);
    return neighbours;
  } finally {
    progress.stop();
  }
}

function resultsJson(
  pairs: readonly WordPair[],
  results: readonly ModelNeighbours[],
  {
    among,
    top,
    further,
  }: Pick<NeighbourFlags, 'among' | 'top'> & { readonly further: ReturnType<typeof furtherColumns> },
): string {
  const words = ({ head, tail }: WordPair): string[] => [head, tail];
  return JSON.stringify({
    among,
    top,
    results: results.map(({ model, neighbours }) => ({
      model: model ?? null,
      queries: pairs.map((pair, q) => ({
        pair: words(pair),
        neighbours:
          neighbours[q]?.map(({ pair: found, score }) => ({ ...further(found), pair: words(found), score })) ?? [],
      })),
    })),
  });
}

async function resultsText(
  pairs: readonly WordPair[],
  results: readonly ModelNeighbours[],
  terminal: Terminal,
): Promise<string> {
  const { tableText } = await import('./table.ts');
  const shown = ({ head, tail }: WordPair): string => visible(`${head}:${tail}`);
  const tables = pairs.map((pair, q) => {
    const longest = Math.max(...results.map(({ neighbours }) => neighbours[q]?.length ?? 0));
    const rows = Array.from({ length: longest }, (_, rank) => [
      String(rank + 1),
      ...results.flatMap(({ neighbours }) => {
        const neighbour = neighbours[q]?.[rank];
        return neighbour ? [shown(neighbour.pair), neighbour.score.toFixed(4)] : ['', ''];
      }),
    ]);
    const columns = results.flatMap(({ model }) => [
      { title: results.length > 1 ? (model ?? '') : shown(pair) },
      { title: 'cosine', align: 'right' } as const,
    ]);
    const table = tableText([{ title: '', align: 'right' }, ...columns], rows, terminal.style);
    return results.length > 1 ? `${terminal.style.bold(shown(pair))}\n${table}` : table;
  });
  return tables.join('\n\n');
}
