/** `relbert cluster`: groups of pairs with similar relations. */

import { InvalidArgumentError } from 'commander';
import type { Clustering } from '../index.ts';
import type { AtomicFile as OpenFile } from '../node/files.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { percent } from './evaluate-analogy.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { flag, folderOf, fromZero, number, type Option, text, withDefault } from './option.ts';
import { openPairs } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

const clusterCount: Option<number | 'auto' | undefined> = {
  value: '<number>',
  help: 'clusters; auto: 2 to 20, at most half as many as pairs, by the mean silhouette',
  parse(given) {
    if (given === 'auto' || /^[1-9]\d*$/.test(given)) return given === 'auto' ? given : Number(given);
    throw new InvalidArgumentError('Expected a whole number from 1 upward, or auto.');
  },
};

const resultNames = { svg: 'map.svg', tsv: 'clusters.tsv', json: 'clusters.json' };
type ResultKind = keyof typeof resultNames;

/** The kind that the ending of an output says; undefined: it is a folder for all. */
function kindOf(path: string): ResultKind | undefined {
  const ending = path.replace(/^.*\./s, '').toLowerCase();
  return Object.hasOwn(resultNames, ending) ? (ending as ResultKind) : undefined;
}

/** The files that an output stands for. */
function resultFiles(path: string): { readonly kind: ResultKind; readonly path: string }[] {
  const one = kindOf(path);
  if (one) return [{ kind: one, path }];
  return Object.entries(resultNames).map(([kind, name]) => ({ kind: kind as ResultKind, path: `${path}/${name}` }));
}

function resultsOption(help: string): Option<string | undefined> {
  const parse = (path: string): string => (kindOf(path) ? path : folderOf(path));
  return { value: '<path>', help, parse, writes: (path) => resultFiles(path).map((file) => file.path) };
}

export const cluster = command({
  name: 'cluster',
  summary: 'groups of pairs with similar relations',
  description:
    'Groups pairs by their relation embeddings (k-means over directions), names each group by its most central pairs, and says how far other starts give the same groups.',
  arguments: [['[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options: {
    pairs: text('<file>', '.tsv, .csv, .jsonl or .txt file, or package/NAME; - reads standard input'),
    k: withDefault(clusterCount, 'auto'),
    seed: withDefault(number('<number>', 'of the starts', fromZero), 0),
    output: resultsOption(
      'FILE.svg: a map; FILE.tsv: head, tail, cluster; FILE.json: as --json; else a folder for all three',
    ),
    ...modelOptions,
    json: flag('print {"k","silhouette","stability","clusters":[{"cluster","size","label","central","pairs"}],...}'),
  },
  examples: [
    'relbert cluster --pairs pairs.tsv --k auto',
    'relbert cluster --pairs pairs.tsv --k 6 --output relations.svg',
  ],
  async run([args], flags, terminal) {
    const { outputFile } = await import('./output.ts');
    if (flags.output !== undefined && outputFile(flags.output) === undefined) {
      throw new UsageError(`--output ${flags.output}: expected a file or a folder; --json prints to standard output`);
    }
    if (flags.output !== undefined) await checkFolder(flags.output);
    const { pairs: input } = await openPairs(args, flags.pairs, terminal);
    const given: WordPair[] = [];
    for await (const pair of input) given.push(pair);
    if (given.length === 0) throw new Error(`${flags.pairs === '-' ? 'standard input' : flags.pairs}: holds no pair`);
    const { deduplicatePairs } = await import('../pair/pair-key.ts');
    const { distinct: pairs } = deduplicatePairs(given);
    if (pairs.length < given.length)
      terminal.note(`left out: ${counted(given.length - pairs.length, 'repeated pair')}`);
    const { ClusterError, clusterEmbeddings, clusterMap } = await import('../index.ts');
    // What cannot be written shows now, not after the encoding.
    await using results = flags.output === undefined ? undefined : await openResults(flags.output, terminal);
    await using encoder = await loadEncoder(flags, terminal);
    const { signal } = terminal;
    const encoding = await terminal.progress('encoding', 'pairs', pairs.length);
    const embeddings = await encoder
      .encode(pairs, { signal, onProgress: ({ done, total }) => encoding.update(done, total) })
      .finally(() => encoding.stop());
    const progress = await terminal.progress('clustering', 'runs');
    const found = await clusterEmbeddings(embeddings, {
      ...{ k: flags.k, seed: flags.seed, signal },
      onProgress: ({ done, total }) => progress.update(done, total),
    })
      .catch((error: unknown) => {
        // The library names its option, the command its flag.
        throw error instanceof ClusterError ? new ClusterError(`${error.message} (--k)`) : error;
      })
      .finally(() => progress.stop());
    if (flags.k !== 'auto' && found.k < flags.k) {
      terminal.note(`${counted(found.k, 'cluster')} instead of ${flags.k}: the pairs have no more different vectors`);
    }
    const labels = found.members.map((members) =>
      members
        .slice(0, 3)
        .map((i) => textOf(pairs[i] as WordPair))
        .join(', '),
    );
    const json = JSON.stringify(resultJson(pairs, found, labels));
    const svg = () => clusterMap(pairs, embeddings, found, labels);
    await results?.write({ svg, tsv: () => tableOf(pairs, found), json: () => `${json}\n` });
    if (found.stability.mean < 0.6) {
      terminal.warn(
        `other starts give other groups (adjusted Rand index ${found.stability.mean.toFixed(2)}): take them as one view of the pairs, or try another --k`,
      );
    }
    await terminal.print(flags.json ? json : await resultText(found, labels, terminal));
  },
});

function textOf({ head, tail }: WordPair): string {
  return `${head}:${tail}`;
}

function resultJson(pairs: readonly WordPair[], found: Clustering, labels: readonly string[]) {
  const { k, silhouette, stability, search, members } = found;
  const written = (i: number) => [pairs[i]?.head, pairs[i]?.tail];
  return {
    ...{ k, silhouette, stability, ...(search && { search }) },
    clusters: members.map((places, c) => ({
      ...{ cluster: c + 1, size: places.length, label: labels[c] },
      ...{ central: places.slice(0, 3).map(written), pairs: places.map(written) },
    })),
  };
}

function tableOf(pairs: readonly WordPair[], { clusters }: Clustering): string {
  const rows = pairs.map(({ head, tail }, i) => [head, tail, String((clusters[i] as number) + 1)]);
  return [['head', 'tail', 'cluster'], ...rows]
    .map((row) => `${row.map((field) => field.replace(/[\t\r\n]/g, ' ')).join('\t')}\n`)
    .join('');
}

/** @throws FileError for a folder that holds other files */
async function checkFolder(path: string): Promise<void> {
  const { FileError } = await import('../node/file-error.ts');
  const { kindOfPath, listFolder } = await import('../node/read-file.ts');
  if (kindOf(path) || (await kindOfPath(path)) !== 'folder') return;
  // Not temporary files of a killed process.
  const names = (await listFolder(path)).filter((name) => !name.startsWith('.'));
  if (names.length === 0 || names.includes(resultNames.tsv)) return;
  throw new FileError(
    path,
    `holds other files (${names[0]}): name a new folder, or a file that ends in .svg, .tsv or .json`,
  );
}

type Contents = Readonly<Record<ResultKind, () => string>>;

interface Results extends AsyncDisposable {
  /** Puts all files in place together. */
  write(contents: Contents): Promise<void>;
}

/** Opens the file, or the files of the folder, that `--output` names; disposed of unwritten, they leave nothing. */
async function openResults(path: string, { signal }: Terminal): Promise<Results> {
  const { AtomicFile, makeFolder, removeEmptyFolder } = await import('../node/files.ts');
  const { commitTogether } = await import('../node/files-together.ts');
  const made = !kindOf(path) && (await makeFolder(path));
  const files: { readonly kind: ResultKind; readonly file: OpenFile }[] = [];
  const dispose = async () => {
    for (const { file } of files) await file.discard();
    if (made) await removeEmptyFolder(path);
  };
  try {
    for (const { kind, path: place } of resultFiles(path)) {
      files.push({ kind, file: await AtomicFile.create(place, { signal }) });
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    async write(contents) {
      for (const { kind, file } of files) await file.write(contents[kind]());
      await commitTogether(files.map(({ file }) => file));
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function resultText(
  { k, silhouette, stability, members }: Clustering,
  labels: readonly string[],
  { style }: Terminal,
) {
  const { tableText } = await import('./table.ts');
  const count = members.reduce((sum, { length }) => sum + length, 0);
  const table = tableText(
    [
      { title: 'cluster', align: 'right' },
      { title: 'pairs', align: 'right' },
      { title: 'share %', align: 'right' },
      { title: 'most central' },
    ],
    members.map(({ length }, c) => [String(c + 1), String(length), percent(length / count), labels[c] as string]),
    style,
  );
  const { starts, mean, least } = stability;
  return `${table}\n\n${counted(k, 'cluster')}, mean silhouette ${silhouette.toFixed(3)}; ${starts} starts agree by an adjusted Rand index of ${mean.toFixed(2)} (least ${least.toFixed(2)})`;
}
