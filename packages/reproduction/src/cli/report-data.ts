/** The evaluation data of a report: what of the known layout lies under `--data`. */

import { basename, extname, join } from 'node:path';
import type { WordPair } from 'relbert';
import {
  CARRIED_DATA,
  deduplicatePairs,
  kindOfPath,
  listFolder,
  openPairs,
  readAnalogySets,
  readLexicalRelationSet,
  readMappingSet,
  readPackageData,
  suggestion,
  type Terminal,
  UsageError,
} from 'relbert/cli';
import { parseRelationSets } from 'relbert/train';
import type { Evaluation } from '../report/evaluate-model.ts';
import type { PaperTables } from '../report/paper-tables.ts';
import type { ReportData } from '../report/report-data.ts';

export interface ReportDataOptions {
  readonly only: readonly Evaluation[] | undefined;
  /** Names of the sets that count; undefined: all. */
  readonly sets: readonly string[] | undefined;
  /** A file of pairs to search neighbours among; undefined: those that the package carries. */
  readonly among: string | undefined;
  /** Where the carried pairs will stand, for the commands of the report. */
  readonly candidatesPath: string;
  readonly paper: PaperTables;
}

export interface FoundData {
  readonly data: ReportData;
  /** What was looked for and is not there. */
  readonly skipped: readonly string[];
}

const LAYOUT =
  'analogy/SET/{valid,test}.jsonl, shared_word/SET/{valid,test}.jsonl, lexical_relation/SET/{train,val,test}.tsv, relation_mapping/*.jsonl, scan/*.csv';

/**
 * Reads everything before any model is loaded, so that a broken file shows at once.
 * @throws Error where there is no data at all, UsageError for a wanted name that no set has
 */
export async function readReportData(
  folder: string,
  options: ReportDataOptions,
  terminal: Terminal,
): Promise<FoundData> {
  if ((await kindOfPath(folder)) !== 'folder')
    throw new Error(`${folder}: there is no such folder; expected one with ${LAYOUT}`);
  const { only, sets } = options;
  const wants = (...evaluations: Evaluation[]) => evaluations.some((own) => only?.includes(own) ?? true);
  const known: string[] = [];
  const wanted = (name: string): boolean => {
    known.push(name);
    return sets?.some((own) => own.toLowerCase() === name.toLowerCase()) ?? true;
  };
  const analogy = wants('analogy')
    ? [
        ...(await readAnalogy(join(folder, 'analogy'), wanted)),
        ...(await readAnalogy(join(folder, 'shared_word'), wanted)),
      ]
    : [];
  const labelled = wants('classification', 'map')
    ? await readClassification(join(folder, 'lexical_relation'), wanted)
    : [];
  const classification = wants('classification') ? labelled : [];
  const [smallest] = [...labelled].sort((a, b) => a.set.test.length - b.set.test.length);
  const mapping = wants('mapping')
    ? [
        ...(await readMapping(join(folder, 'relation_mapping'), '.jsonl', wanted)),
        ...(await readMapping(join(folder, 'scan'), '.csv', wanted)),
      ]
    : [];
  // Neighbours are looked for without evaluation data.
  if (known.length === 0 && wants('analogy', 'classification', 'map', 'mapping')) {
    throw new Error(`${folder}: holds no evaluation data; expected ${LAYOUT}`);
  }
  const unknown = sets?.find((name) => !known.some((own) => own.toLowerCase() === name.toLowerCase()));
  if (unknown !== undefined) {
    throw new UsageError(
      `--sets ${unknown}: there is no such set${suggestion(unknown, known)}; ${folder} has ${known.join(', ') || 'none for these evaluations'}`,
    );
  }
  const neighbours = wants('neighbours') && sets === undefined ? await readCandidates(options, terminal) : undefined;
  const map = wants('map') ? smallest : undefined;
  const found: ReportData = { analogy, classification, mapping, neighbours, map };
  return { data: found, skipped: skippedParts(found, folder, options) };
}

function skippedParts(
  { analogy, classification, mapping }: ReportData,
  folder: string,
  { only, sets }: ReportDataOptions,
): string[] {
  if (sets !== undefined) return [`Only the sets ${sets.join(', ')} were asked for.`];
  if (only !== undefined) return [`Only ${only.join(', ')} was asked for.`];
  const parts: readonly (readonly [string, boolean])[] = [
    ['analogy/: no analogy questions', analogy.length === 0],
    ['lexical_relation/: no lexical relation classification', classification.length === 0],
    ['relation_mapping/ and scan/: no relation mapping', mapping.length === 0],
  ];
  return parts.filter(([, missing]) => missing).map(([what]) => `${join(folder, what)}.`);
}

async function foldersOf(path: string): Promise<string[]> {
  if ((await kindOfPath(path)) !== 'folder') return [];
  const folders: string[] = [];
  for (const name of await listFolder(path)) if ((await kindOfPath(join(path, name))) === 'folder') folders.push(name);
  return folders;
}

async function readAnalogy(path: string, wanted: (name: string) => boolean): Promise<ReportData['analogy']> {
  const found: ReportData['analogy'][number][] = [];
  for (const name of (await foldersOf(path)).sort(bySetName)) {
    if (!wanted(name)) continue;
    for (const set of await readAnalogySets([join(path, name)], 'all')) {
      found.push({ ...set, path: join(path, name, `${set.split}.jsonl`) });
    }
  }
  return found;
}

const PAPER_ORDER = ['sat', 'u2', 'u4', 'google', 'bats'];

/** The paper's order of columns, then others by name. */
function bySetName(a: string, b: string): number {
  const place = (name: string) => {
    const at = PAPER_ORDER.indexOf(name.toLowerCase());
    return at < 0 ? PAPER_ORDER.length : at;
  };
  return place(a) - place(b) || a.localeCompare(b);
}

async function readClassification(
  path: string,
  wanted: (name: string) => boolean,
): Promise<ReportData['classification']> {
  const found: ReportData['classification'][number][] = [];
  for (const folder of await foldersOf(path)) {
    if (!wanted(folder)) continue;
    const { name, set, testFile } = await readLexicalRelationSet(join(path, folder));
    found.push({ name, path: join(path, folder), set, testFile });
  }
  return found;
}

async function readMapping(
  path: string,
  ending: string,
  wanted: (name: string) => boolean,
): Promise<ReportData['mapping']> {
  if ((await kindOfPath(path)) !== 'folder') return [];
  const files = (await listFolder(path)).filter((name) => extname(name).toLowerCase() === ending);
  const found: ReportData['mapping'][number][] = [];
  for (const file of files) {
    const name = files.length === 1 ? basename(path) : `${basename(path)}/${basename(file, extname(file))}`;
    if (!wanted(name)) continue;
    const { problems } = await readMappingSet(join(path, file));
    found.push({ name, path: join(path, file), problems });
  }
  return found;
}

/**
 * The pairs of the paper's Table 13 are looked for among those of a file, or the related pairs that the package carries:
 * its positives, since a pair that was made up to mislead is no neighbour anybody looks for.
 */
async function readCandidates(
  { among, candidatesPath, paper }: ReportDataOptions,
  terminal: Terminal,
): Promise<ReportData['neighbours']> {
  const targets = paper.tables.flatMap(({ rows }) => rows.flatMap(({ target }) => (target ? [target] : [])));
  const keys = new Set<string>();
  const queries: WordPair[] = [];
  for (const [head, tail] of targets) {
    if (keys.has(`${head}\t${tail}`)) continue;
    keys.add(`${head}\t${tail}`);
    queries.push({ head, tail });
  }
  const candidates: WordPair[] = [];
  if (among !== undefined) {
    for await (const pair of (await openPairs([], among, terminal)).pairs) candidates.push(pair);
    if (candidates.length === 0) throw new Error(`${among}: holds no pair`);
    return { among: `the pairs of ${among}`, path: among, candidates, queries };
  }
  for (const name of CARRIED_DATA.trainingPairs) {
    for (const { positives } of parseRelationSets(await readPackageData(name))) candidates.push(...positives);
  }
  const { distinct } = deduplicatePairs(candidates);
  return { among: 'the related pairs that the package carries', path: candidatesPath, candidates: distinct, queries };
}
