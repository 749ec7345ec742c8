/** The data that a recipe or the command line names, without what is excluded. */
import { parseAnalogyQuestions, relationsOfQuestions } from '../data/analogy.ts';
import { isBats, parseBats } from '../data/bats.ts';
import { CARRIED_DATA } from '../data/carried.ts';
import { excludePairs, excludeRelations } from '../data/exclude.ts';
import { joinRelationSets, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
import { parseSemEvalPack, parseSemEvalRatings, type SemEvalOptions, semEvalRelationSets } from '../data/semeval.ts';
import { wordNetRelationSets } from '../data/wordnet.ts';
import { parseWordNet, WORDNET_FILES } from '../data/wordnet-database.ts';
import { isCarried, readCarriedPairs, readPackageData } from '../node/package-data.ts';
import { join } from '../node/path.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { readWordNetFiles } from '../node/wordnet-files.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { suggestion } from '../text/nearest-name.ts';
import type { RelationsBySource } from '../train/recipe-sampler.ts';
import { type DataSource, dataNames, dataSchema, type Recipe } from '../train/recipe-schema.ts';
import { excludedPairSet } from './excluded-pairs.ts';
import { readFurtherPairs, withoutExcluded } from './further-pairs.ts';

export interface TrainingData {
  readonly relations: RelationsBySource;
  /** Pairs for the teacher alone. */
  readonly further: readonly RelationSet[];
  /** Pairs excluded from both because the given files hold them. */
  readonly excludedPairs: number;
  /** Relations with too few pairs after the exclusion. */
  readonly droppedRelations: readonly string[];
}

/**
 * Reads the data of a recipe, the pairs for its teacher too, without the excluded relations and pairs.
 * @param excludeFiles Analogy or relation files whose pairs are left out, in both orders; folders: all files below.
 * @param onNotice Called for header lines and relations that a reader skips.
 * @throws DataError, FileError, UnknownRelationError, NoRelationError
 */
export async function readTrainingData(
  recipe: Pick<Recipe, 'data' | 'excludeRelations'> & Partial<Pick<Recipe, 'teacher'>>,
  excludeFiles: readonly string[] = [],
  onNotice?: (notice: string) => void,
): Promise<TrainingData> {
  const { excludeRelations: names } = recipe;
  const sources: { source: string; relations: readonly RelationSet[] }[] = [];
  for (const data of recipe.data) sources.push({ source: data.source, relations: await readSource(data, onNotice) });
  const further = recipe.teacher ? await readFurtherPairs(recipe.teacher.pairs, onNotice) : [];
  let kept: readonly RelationSet[] = joinRelationSets(sources);
  if (names.length > 0) kept = excludeRelations(kept, names, further);
  const excluded = await excludedPairSet(excludeFiles, onNotice);
  const exclusion = excluded.size > 0 ? excludePairs(kept, excluded) : { relations: kept, pairs: 0, dropped: [] };
  const furtherKept = withoutExcluded(further, { relations: names, pairs: excluded });
  const byName = new Map(exclusion.relations.map((set) => [set.relation, set]));
  const relations = new Map(
    sources.map(({ source, relations: read }) => [source, read.flatMap(({ relation }) => byName.get(relation) ?? [])]),
  );
  return {
    relations,
    further: furtherKept.relations,
    excludedPairs: exclusion.pairs + furtherKept.pairs,
    droppedRelations: exclusion.dropped,
  };
}

/** The relations of files, folders and carried data; those of analogy questions by their prefix. @throws DataError, FileError */
export async function readRelations(
  sources: readonly string[],
  onNotice?: (notice: string) => void,
): Promise<readonly RelationSet[]> {
  const read = sources.map(async (source) => ({
    source,
    relations: (await questionsOf(source)) ?? (await readSource(dataSchema.parse({ source }), onNotice)),
  }));
  return joinRelationSets(await Promise.all(read));
}

/** The relations of a file of analogy questions; undefined for another source. */
async function questionsOf(source: string): Promise<readonly RelationSet[] | undefined> {
  if (!source.endsWith('.jsonl') || (await kindOfPath(source)) !== 'file') return undefined;
  const data = { file: source, text: await readText(source) };
  return /^\s*\{[^\n]*"stem"\s*:/.test(data.text) ? relationsOfQuestions(parseAnalogyQuestions(data), data) : undefined;
}

async function readSource(data: DataSource, onNotice: DataFile['onNotice']): Promise<readonly RelationSet[]> {
  const { source, top, bottom, frequency, limit } = data;
  if (source === 'semeval2012') {
    return semEvalRelationSets(parseSemEvalPack(await readPackageData(CARRIED_DATA.semEval)), { top, bottom });
  }
  if (source === 'wordnet') {
    const wordNet = parseWordNet(await readWordNetFiles(WORDNET_FILES));
    return wordNetRelationSets(wordNet, { frequency, limit: limit ?? undefined });
  }
  if (isCarried(source)) return parseRelationSets(await readCarriedPairs(source));
  const kind = await kindOfPath(source);
  if (kind === undefined) {
    throw new DataError(
      source,
      undefined,
      `there is no such file or folder, nor data of this name${suggestion(source, dataNames)}; data names: ${dataNames.join(', ')}`,
    );
  }
  if (kind !== 'folder') return readFile(source, { top, bottom }, onNotice);
  const files = await textFilesBelow(source);
  const ratings = files.filter((file) => isRatings(file));
  if (ratings.length > 0) {
    const rated = await Promise.all(
      ratings.map(async (file) => parseSemEvalRatings({ file, text: await readText(file) })),
    );
    return semEvalRelationSets(rated, { top, bottom });
  }
  if (files.length > 0 && files.every(isBats)) {
    return Promise.all(files.map(async (file) => parseBats({ file, text: await readText(file) })));
  }
  throw new DataError(
    source,
    undefined,
    'holds neither ratings of SemEval-2012 Task 2 (GoldRatings-1a.txt, Phase2AnswersScaled-1a.txt …) nor the files of ' +
      'BATS 3.0 (E01 [country - capital].txt …)',
  );
}

function isRatings(file: string): boolean {
  return /(GoldRatings|Phase2AnswersScaled)-[^/\\]*\.txt$/.test(file);
}

async function readFile(
  file: string,
  options: SemEvalOptions,
  onNotice: DataFile['onNotice'],
): Promise<readonly RelationSet[]> {
  const data = { file, text: await readText(file), onNotice };
  if (isRatings(file)) return semEvalRelationSets([parseSemEvalRatings(data)], options);
  return isBats(file) ? [parseBats(data)] : parseRelationSets(data);
}

/** The .txt files of a folder and its folders without READMEs, in numeric order. */
async function textFilesBelow(folder: string): Promise<string[]> {
  const names = (await listFolder(folder)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await kindOfPath(path)) === 'folder') found.push(...(await textFilesBelow(path)));
    else if (/\.txt$/i.test(name) && !/readme|metadata/i.test(name)) found.push(path);
  }
  return found;
}
