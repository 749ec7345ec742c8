/**
 * Makes data/semeval2012.json, the compact copy of SemEval-2012 Task 2 that the package carries, from a folder of
 * ratings files (GoldRatings-1a.txt ... or Phase2AnswersScaled-1a.txt ...):
 *
 *   npx tsx packages/reproduction/scripts/pack-semeval.ts ../shared/data/semeval2012/GoldRatings
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSemEvalPack, parseSemEvalRatings } from '../../relbert/src/data/semeval.ts';
import { SEMEVAL_RELATIONS } from '../../relbert/src/data/semeval-taxonomy.ts';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: npx tsx packages/reproduction/scripts/pack-semeval.ts FOLDER');

const rated = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((file) => parseSemEvalRatings({ file, text: readFileSync(join(folder, file), 'utf8') }));
const relations = SEMEVAL_RELATIONS.map(({ id }) => {
  const found = rated.find(({ relation }) => relation === id);
  if (!found) throw new Error(`${folder} lacks the ratings of relation ${id}`);
  return found;
});
writeFileSync(new URL('../../relbert/data/semeval2012.json', import.meta.url), formatSemEvalPack(relations));
const pairs = relations.reduce((sum, relation) => sum + relation.pairs.length, 0);
console.log(`data/semeval2012.json: ${relations.length} relations, ${pairs} pairs`);
