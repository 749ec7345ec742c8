/** The data that a recipe or the command line names, without what is to be left out. */
import { CARRIED_DATA } from '../data/carried.ts';
import { excludePairs, excludeRelations } from '../data/exclude.ts';
import { joinRelationSets, parseRelationSets, type RelationSet } from '../data/relation-set.ts';
import { parseSemEvalPack, parseSemEvalRatings, semEvalRelationSets } from '../data/semeval.ts';
import { wordNetRelationSets } from '../data/wordnet.ts';
import { parseWordNet, WORDNET_FILES } from '../data/wordnet-database.ts';
import { readPackageData } from '../node/package-data.ts';
import { join } from '../node/path.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { readWordNetFiles } from '../node/wordnet-files.ts';
import { DataError } from '../text/data-error.ts';
import { suggestion } from '../text/nearest-name.ts';
import { type DataSource, dataNames, type Recipe } from '../train/recipe.ts';
import type { RelationsBySource } from '../train/recipe-sampler.ts';
import { excludedPairSet } from './excluded-pairs.ts';
import { readFurtherPairs, withoutExcluded } from './further-pairs.ts';

export interface TrainingData {
  readonly relations: RelationsBySource;
  /** Pairs for the teacher alone. */
  readonly further: readonly RelationSet[];
  /** Pairs left out of both because they stand in the files given. */
  readonly excludedPairs: number;
  /** Relations that had too few pairs left. */
  readonly droppedRelations: readonly string[];
}

/**
 * Reads the data of a recipe, the pairs for its teacher too, without the relations and the pairs that are to be left
 * out.
 * @param excludeFiles Analogy or relation files whose pairs are left out, in both orders; folders: all files below.
 * @throws DataError, FileError, UnknownRelationError, NoRelationError
 */
export async function readTrainingData(
  recipe: Pick<Recipe, 'data' | 'excludeRelations'> & Partial<Pick<Recipe, 'teacher'>>,
  excludeFiles: readonly string[] = [],
): Promise<TrainingData> {
  const { excludeRelations: names } = recipe;
  const sources: { source: string; relations: readonly RelationSet[] }[] = [];
  for (const data of recipe.data) sources.push({ source: data.source, relations: await readSource(data) });
  const further = recipe.teacher ? await readFurtherPairs(recipe.teacher.pairs) : [];
  let kept: readonly RelationSet[] = joinRelationSets(sources);
  if (names.length > 0) kept = excludeRelations(kept, names, further);
  const excluded = await excludedPairSet(excludeFiles);
  const exclusion = excluded.size > 0 ? excludePairs(kept, excluded) : { relations: kept, pairs: 0, dropped: [] };
  const left = withoutExcluded(further, { relations: names, pairs: excluded });
  const byName = new Map(exclusion.relations.map((set) => [set.relation, set]));
  const relations = new Map(
    sources.map(({ source, relations: read }) => [source, read.flatMap(({ relation }) => byName.get(relation) ?? [])]),
  );
  return {
    relations,
    further: left.relations,
    excludedPairs: exclusion.pairs + left.pairs,
    droppedRelations: exclusion.dropped,
  };
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
