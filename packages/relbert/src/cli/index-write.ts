/** `relbert index build | add | remove | compact`. */

import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { IndexedBlock, IndexWriteEvent, IndexWriter, IndexWriterOptions } from '../index/index-writer.ts';
import type { Runtime } from '../runtime/session.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { indexModelOptions, openIndex, requireModel } from './index-model.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { type Flags, flag, required, text } from './option.ts';
import { openPairs } from './pair-input.ts';
import { type StageLabels, StageProgress } from './stage-progress.ts';
import type { Terminal } from './terminal.ts';
import { openVectorBlocks } from './vector-blocks.ts';

const pairsHelp =
  '.tsv, .csv, .jsonl or .txt file, - for standard input, or package/NAME; further columns of a table with a header line, or members of JSON objects, are kept; vectors that relbert embed has written with the same model are taken as they are';

const folderArgument = ['<dir>', 'the folder of the index'] as const;
const addOptions = {
  pairs: required(text('<file>', pairsHelp)),
  ...indexModelOptions,
  json: flag('print {"added","repeated","rows"}'),
};
const buildOptions = { ...addOptions, ...modelOptions, overwrite: flag('replace the index in the folder') };
type AddFlags = Flags<typeof addOptions>;

export const indexBuild = command({
  name: 'build',
  summary: 'make an index of the pairs of a file',
  description: 'Encodes the pairs of a file and makes an index of them. A pair with the same columns counts once.',
  arguments: [folderArgument],
  options: buildOptions,
  examples: ['relbert index build wordnet-index --pairs package/wordnet'],
  run: ([dir], flags, terminal) => buildIndex(dir, flags, terminal),
});

export const indexAdd = command({
  name: 'add',
  summary: 'add the pairs of a file',
  description: 'Encodes the pairs of a file with the model of the index and adds them: all, or none where it fails.',
  arguments: [folderArgument],
  options: addOptions,
  examples: ['relbert index add wordnet-index --pairs more.tsv'],
  run: ([dir], flags, terminal) => addToIndex(dir, flags, terminal),
});

export const indexRemove = command({
  name: 'remove',
  summary: 'remove the pairs that pass a condition',
  description: 'Removes the pairs that pass a condition on columns, head or tail. Their space is freed by compact.',
  arguments: [folderArgument],
  options: {
    where: required(text('<condition>', `as 'source = "old" or head = "dog"'`)),
    json: flag('print {"removed","rows"}'),
  },
  examples: [`relbert index remove wordnet-index --where 'relation = "hypernym"'`],
  async run([dir], flags, terminal) {
    const { nodeWorkerRuntime } = await import('../node/worker.ts');
    await using runtime = nodeWorkerRuntime();
    await using writer = await openWriter(dir, { runtime, terminal });
    const removed = await writer.remove(flags.where);
    await report(dir, { removed }, `${counted(removed, 'pair')} removed`, flags, terminal);
  },
});

export const indexCompact = command({
  name: 'compact',
  summary: 'write all parts as one, without removed pairs',
  description: 'Writes all parts of an index as one, without the pairs that were removed: searches read less.',
  arguments: [folderArgument],
  options: { json: flag('print {"rows"}') },
  examples: ['relbert index compact wordnet-index'],
  async run([dir], flags, terminal) {
    await using bar = new StageProgress<IndexWriteEvent>(labels, terminal);
    const { nodeWorkerRuntime } = await import('../node/worker.ts');
    await using runtime = nodeWorkerRuntime();
    await using writer = await openWriter(dir, { runtime, terminal, bar });
    await writer.compact();
    await bar[Symbol.asyncDispose]();
    await report(dir, {}, 'compacted', flags, terminal);
  },
});

async function buildIndex(dir: string, flags: Flags<typeof buildOptions>, terminal: Terminal): Promise<void> {
  const source = await openSource(flags.pairs, terminal);
  const { IndexWriter } = await import('../index/index-writer.ts');
  const { indexFolder } = await import('../node/index-folder.ts');
  const { nodeWorkerRuntime } = await import('../node/worker.ts');
  const { identityOf } = await import('./index-model.ts');
  await using encoder = await loadEncoder(flags, terminal);
  await using bar = new StageProgress<IndexWriteEvent>(labels, terminal);
  const about = {
    dimension: encoder.dimension,
    model: await identityOf(encoder, flags, terminal),
    ...(flags.overwrite && { overwrite: true }),
  };
  await using runtime = nodeWorkerRuntime();
  const writing = writerOptions({ runtime, terminal, threads: flags.threads, bar });
  await using writer = await IndexWriter.create(indexFolder(dir), about, writing);
  await addPairs(dir, writer, encoder, { source, bar }, flags, terminal);
}

async function addToIndex(dir: string, flags: AddFlags, terminal: Terminal): Promise<void> {
  const source = await openSource(flags.pairs, terminal);
  const index = await openIndex(dir);
  await index[Symbol.asyncDispose](); // what it says of its model is enough
  const { encoder } = await requireModel(index, flags, terminal);
  await using _ = encoder;
  await using bar = new StageProgress<IndexWriteEvent>(labels, terminal);
  const { nodeWorkerRuntime } = await import('../node/worker.ts');
  await using runtime = nodeWorkerRuntime();
  await using writer = await openWriter(dir, { runtime, terminal, threads: flags.threads, bar });
  await addPairs(dir, writer, encoder, { source, bar }, flags, terminal);
}

/** What an index gets: pairs that are to be encoded, or that have their vectors. */
interface Source {
  readonly count: () => Promise<number | undefined>;
  readonly blocks: (encoder: RelationEncoder) => AsyncIterable<IndexedBlock>;
}

async function openSource(file: string, terminal: Terminal): Promise<Source> {
  const stored = (await isFile(file)) ? await openVectorBlocks(file, terminal) : undefined;
  if (stored) {
    terminal.note(`${file} holds vectors, which are taken as they are: they must be of this model`);
    return { count: async () => undefined, blocks: stored };
  }
  const { pairs, count } = await openPairs([], file, terminal);
  const options = { signal: terminal.signal, blockSize: 1024, readAhead: true };
  return { count, blocks: (encoder) => encoder.encodeStream(pairs, options) };
}

async function isFile(path: string): Promise<boolean> {
  const { kindOfPath } = await import('../node/read-file.ts');
  return (await kindOfPath(path)) === 'file';
}

interface AddedPairs {
  readonly source: Source;
  readonly bar: StageProgress<IndexWriteEvent>;
}

async function addPairs(
  dir: string,
  writer: IndexWriter,
  encoder: RelationEncoder,
  { source, bar }: AddedPairs,
  flags: { readonly json?: boolean },
  terminal: Terminal,
): Promise<void> {
  bar.total = terminal.showsProgress ? await source.count() : undefined;
  const result = await writer.add(source.blocks(encoder));
  await bar[Symbol.asyncDispose]();
  const { added, repeated } = result;
  const text = `${counted(added, 'pair')} added${repeated > 0 ? `, ${repeated} were there already` : ''}`;
  await report(dir, { added, repeated }, text, flags, terminal);
}

interface Writing {
  readonly runtime: Runtime;
  readonly terminal: Terminal;
  readonly threads?: number | undefined;
  readonly bar?: StageProgress<IndexWriteEvent>;
}

async function openWriter(dir: string, writing: Writing): Promise<IndexWriter> {
  const { IndexWriter } = await import('../index/index-writer.ts');
  const { indexFolder } = await import('../node/index-folder.ts');
  return IndexWriter.open(indexFolder(dir), writerOptions(writing));
}

function writerOptions({ runtime, terminal, threads, bar }: Writing): IndexWriterOptions {
  return {
    runtime,
    signal: terminal.signal,
    ...(threads !== undefined && { threads }),
    ...(bar && { onProgress: bar.show }),
  };
}

/** What happened, with the number of pairs that are in the index now. */
async function report(
  dir: string,
  figures: Readonly<Record<string, number>>,
  text: string,
  flags: { readonly json?: boolean },
  terminal: Terminal,
): Promise<void> {
  await using index = await openIndex(dir);
  const { rows } = index.info();
  if (flags.json) await terminal.print(JSON.stringify({ ...figures, rows }));
  else await terminal.print(`${text}; ${dir} has ${counted(rows, 'pair')}`);
}

const labels: StageLabels<IndexWriteEvent> = {
  adding: ['encoding', 'pairs'],
  centroids: ['finding lists', 'passes'],
  assigning: ['sorting into lists', 'pairs'],
  writing: ['writing', 'pairs'],
};
