/** The data that a recipe or the command line names: relations to train on, pairs to leave out, pairs for a teacher. */
import { CARRIED_DATA } from '../data/carried.ts';
import { DataError } from '../data/data-error.ts';
import { excludePairs, excludeRelations, pairsOfFiles } from '../data/exclude.ts';
import { joinRelationSets, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
import { parseSemEvalPack, parseSemEvalRatings, semEvalRelationSets } from '../data/semeval.ts';
import { wordNetRelationSets } from '../data/wordnet.ts';
import { parseWordNet, WORDNET_FILES } from '../data/wordnet-database.ts';
import { suggestion } from '../pair/nearest-name.ts';
import { pairFileFormat, parsePairBytes } from '../pair/pair-file.ts';
import { readPackageData } from '../runtime/package-data.ts';
import { basename, join } from '../runtime/path.ts';
import { kindOfPath, listFolder, readBytes, readText } from '../runtime/read-file.ts';
import { readWordNetFiles } from '../runtime/wordnet-files.ts';
import { type DataSource, dataNames, type Recipe, UNLABELLED_PAIRS } from '../train/recipe.ts';
import type { RelationsBySource } from '../train/recipe-sampler.ts';

export interface TrainingData {
  readonly relations: RelationsBySource;
  /** Pairs left out because they stand in the files given. */
  readonly excludedPairs: number;
  /** Relations that had too few pairs left. */
  readonly droppedRelations: readonly string[];
}

/**
 * Reads the data of a recipe, without the relations and the pairs that are to be left out.
 * @param excludeFiles Analogy or relation files whose pairs are left out, in both orders; folders: their files.
 * @throws DataError, FileError, UnknownRelationError, NoRelationError
 */
export async function readTrainingData(
  recipe: Pick<Recipe, 'data' | 'excludeRelations'>,
  excludeFiles: readonly string[] = [],
): Promise<TrainingData> {
  const sources: { source: string; relations: readonly RelationSet[] }[] = [];
  for (const data of recipe.data) sources.push({ source: data.source, relations: await readSource(data) });
  let kept: readonly RelationSet[] = joinRelationSets(sources);
  if (recipe.excludeRelations.length > 0) kept = excludeRelations(kept, recipe.excludeRelations);
  let excludedPairs = 0;
  let droppedRelations: readonly string[] = [];
  if (excludeFiles.length > 0) {
    const files = (await Promise.all(excludeFiles.map(filesBelow))).flat();
    const texts = await Promise.all(files.map(async (file) => ({ file, text: await readText(file) })));
    const exclusion = excludePairs(kept, pairsOfFiles(texts));
    kept = exclusion.relations;
    excludedPairs = exclusion.pairs;
    droppedRelations = exclusion.dropped;
  }
  const byName = new Map(kept.map((set) => [set.relation, set]));
  const relations = new Map(
    sources.map(({ source, relations: read }) => [source, read.flatMap(({ relation }) => byName.get(relation) ?? [])]),
  );
  return { relations, excludedPairs, droppedRelations };
}

async function readSource(data: DataSource): Promise<readonly RelationSet[]> {
  const { source, top, bottom, frequency, limit } = data;
  if (source === 'semeval2012') {
    return semEvalRelationSets(parseSemEvalPack(await readPackageData(CARRIED_DATA.semEval)), { top, bottom });
  }
  if (source === 'wordnet') {
    const wordNet = parseWordNet(await readWordNetFiles(WORDNET_FILES));
    return wordNetRelationSets(wordNet, { frequency, ...(limit !== null && { limit }) });
  }
  if (source.startsWith('package/')) {
    return parseRelationSets(await readPackageData(`training-pairs/${source.slice('package/'.length)}.jsonl`));
  }
  const kind = await kindOfPath(source);
  if (kind === undefined) {
    throw new DataError(
      source,
      undefined,
      `there is no such file or folder, nor data of this name${suggestion(source, dataNames)}; known: ${dataNames.join(', ')}`,
    );
  }
  if (kind !== 'folder') return parseRelationSets({ file: source, text: await readText(source) });
  const ratings = (await listFolder(source)).filter((name) => /(GoldRatings|Phase2AnswersScaled)-.*\.txt$/.test(name));
  if (ratings.length === 0) {
    throw new DataError(
      source,
      undefined,
      'holds no ratings of SemEval-2012 Task 2 (GoldRatings-1a.txt, Phase2AnswersScaled-1a.txt …)',
    );
  }
  const rated = await Promise.all(
    ratings
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map(async (name) => parseSemEvalRatings({ file: join(source, name), text: await readText(join(source, name)) })),
  );
  return semEvalRelationSets(rated, { top, bottom });
}

/**
 * Pairs for the teacher alone: files of relations (`.jsonl` with "relation", tab-separated with three fields or more)
 * or of pairs, or `package/unlabelled`. All pairs of a pairs file are one relation without a name of its own.
 */
export async function readFurtherPairs(files: readonly string[]): Promise<RelationSet[]> {
  const sets: RelationSet[] = [];
  for (const name of files) {
    const { file, bytes } = await readPairBytes(name);
    const first = new TextDecoder().decode(bytes.subarray(0, 4096)).split('\n', 1)[0] ?? '';
    if (/^\uFEFF?\s*\{.*"relation"/.test(first) || first.split('\t').length > 2) {
      sets.push(...parseRelationSets({ file, text: new TextDecoder().decode(bytes) }));
    } else {
      const positives = parsePairBytes(bytes, { file, format: pairFileFormat(file) });
      if (positives.length === 0) throw new DataError(file, undefined, 'holds no pair');
      sets.push({ relation: basename(file), parent: undefined, aliases: [], positives, negatives: [] });
    }
  }
  return sets;
}

/** The bytes of a file, or of pairs that the package carries (`package/unlabelled`). */
async function readPairBytes(name: string): Promise<{ file: string; bytes: Uint8Array }> {
  if (name !== UNLABELLED_PAIRS) return { file: name, bytes: await readBytes(name) };
  const { file, text } = await readPackageData(CARRIED_DATA.unlabelledPairs);
  return { file, bytes: new TextEncoder().encode(text) };
}

/** A file, or the files of a folder. */
async function filesBelow(path: string): Promise<string[]> {
  if ((await kindOfPath(path)) !== 'folder') return [path];
  const names = await listFolder(path);
  return names.filter((name) => /\.(jsonl|tsv)$/.test(name)).map((name) => join(path, name));
}
