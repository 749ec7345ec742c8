/** The pairs that ship with the page: their vectors in 8 bits, and a map. Made once for a model, in minutes, and kept. */
import { existsSync } from 'node:fs';
import { readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type IndexFolder,
  type IndexWriteEvent,
  IndexWriter,
  indexFolder,
  type ModelIdentity,
  nodeWorkerRuntime,
  type RelationEncoder,
  RelationIndex,
} from 'relbert';
import {
  clearLeftovers,
  kindOfPath,
  listFolder,
  makeFolder,
  modelDifference,
  temporaryPath,
  UsageError,
} from 'relbert/cli';
import { type LayoutEvent, type LayoutOptions, layoutOf, type PlacedPair } from './layout.ts';
import { carriedPairs } from './pairs.ts';

export type PageDataEvent = LayoutEvent | { readonly kind: 'pairs'; readonly done: number; readonly total: number };

export interface PageDataOptions {
  /** How many pairs. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (event: PageDataEvent) => void;
}

export const pageDataFiles = ['model.json', 'map.tsv', 'vectors.bin'];

/** Whether a folder holds the data: it gets its name when they are complete. */
export function hasPageData(folder: string): boolean {
  return pageDataFiles.every((name) => existsSync(join(folder, name)));
}

/**
 * @param count How many pairs were asked for; undefined: as many as there are.
 * @throws Error where the data in a folder are of another model, with which the page would compare what cannot be
 *   compared, or of another number of pairs
 */
export async function checkPageData(folder: string, identity: ModelIdentity, count: number | undefined): Promise<void> {
  const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as ModelIdentity;
  const what = modelDifference(model, identity);
  if (what !== undefined) {
    throw new Error(
      `${folder}: made with ${model.name}; ${identity.name} has ${what}. Name another folder with --data, or delete this one`,
    );
  }
  // Without its first line, and the nothing after its last.
  const pairs = (await readFile(join(folder, 'map.tsv'), 'utf8')).split('\n').length - 2;
  // Whoever asks for more than relbert carries gets fewer. To find out takes a second.
  if (count === undefined || pairs === count || pairs === (await carriedPairs(count)).length) return;
  throw new Error(
    `${folder}: holds ${pairs} pairs, not ${count}. Leave --pairs out to show these, name another folder with --data, or delete this one`,
  );
}

/**
 * Makes the data in a new folder. Until they are complete the folder does not exist under its name. Where another process
 * was faster with the same data, its data stay.
 * @throws UsageError where there is something else under this name; as {@link checkPageData} where other data are there
 */
export async function makePageData(
  folder: string,
  { encoder, identity }: { readonly encoder: RelationEncoder; readonly identity: ModelIdentity },
  { count, signal, onProgress }: PageDataOptions,
): Promise<void> {
  if (hasPageData(folder)) return checkPageData(folder, identity, count);
  if ((await kindOfPath(folder)) !== undefined && (await listFolder(folder)).length > 0) {
    throw new UsageError(`--data: ${folder} holds other files: name a new folder`);
  }
  const pairs = await carriedPairs(count);
  await clearLeftovers(dirname(folder), { of: basename(folder) });
  const part = temporaryPath(folder);
  await makeFolder(part);
  const runtime = nodeWorkerRuntime();
  try {
    const files = indexFolder(join(part, 'index'));
    const report = (event: IndexWriteEvent): void => {
      if (event.kind === 'adding') onProgress({ kind: 'pairs', done: event.done, total: pairs.length });
    };
    const writer = await IndexWriter.create(
      files,
      { dimension: encoder.dimension, model: identity },
      { runtime, signal, onProgress: report },
    );
    try {
      await writer.add(encoder.encodeStream(pairs, { blockSize: 512, signal }));
    } finally {
      await writer[Symbol.asyncDispose]();
    }
    await writePlaced(part, files, { signal, onProgress });
    await writeFile(join(part, 'model.json'), JSON.stringify({ ...identity, dimension: encoder.dimension }));
    await rm(join(part, 'index'), { recursive: true });
    // Windows renames to a new name only. A folder that is not empty stays, and the renaming fails.
    await rmdir(folder).catch(() => {});
    await rename(part, folder).catch(async (error: unknown) => {
      if (!hasPageData(folder)) throw error;
      await checkPageData(folder, identity, count);
    });
  } finally {
    await runtime.dispose();
    await rm(part, { recursive: true, force: true });
  }
}

/** The map, and the vectors in its order. */
async function writePlaced(part: string, files: IndexFolder, options: LayoutOptions): Promise<void> {
  await using index = await RelationIndex.open(files);
  await writeFile(join(part, 'map.tsv'), mapFile(await layoutOf(index, options)));
  const vectors: Int8Array[] = [];
  for await (const { data, shape } of index.blocks({ signal: options.signal })) {
    const [rows, dimension] = shape;
    for (let row = 0; row < rows; row++) vectors.push(in8Bits(data.subarray(row * dimension, (row + 1) * dimension)));
  }
  await writeFile(join(part, 'vectors.bin'), vectors);
}

/** For cosines, which no scale changes. */
function in8Bits(vector: Float32Array): Int8Array {
  const most = vector.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return Int8Array.from(vector, (value) => Math.round((127 * value) / most));
}

/** A line a pair: head, tail, relation (or nothing), and its place in ten-thousandths of the map. */
function mapFile(placed: readonly PlacedPair[]): string {
  const lines = placed.map(({ pair, x, y }) =>
    [pair.head, pair.tail, pair.columns?.['relation'] ?? '', Math.round(1e4 * x), Math.round(1e4 * y)].join('\t'),
  );
  return `head\ttail\trelation\tx\ty\n${lines.join('\n')}\n`;
}
