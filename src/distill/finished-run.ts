/** A run that came to its end, known by what it left: its checkpoints need not be there any more. */
import { join } from '../runtime/path.ts';
import { kindOfPath, readText } from '../runtime/read-file.ts';
import { parseRecipe, type Recipe } from '../train/recipe.ts';
import { ConfigurationMismatchError, configurationDifferences, type Json } from '../train/training-state.ts';
import { isSaved, readLog, recipeFileName } from './output-folder.ts';

/**
 * Where a folder holds the model of a finished run: after how many steps it ended (undefined: its log is gone).
 * Neither data nor model nor teacher is read for it; they may lie elsewhere by now.
 *
 * @throws ConfigurationMismatchError where the run had another recipe, so that its model is not the one asked for
 */
export async function finishedBefore(
  folder: string,
  recipe: Recipe,
): Promise<{ readonly step: number | undefined } | undefined> {
  if (!(await isSaved(folder))) return undefined;
  const file = join(folder, recipeFileName);
  if ((await kindOfPath(file)) === 'file') {
    const before = parseRecipe(await readText(file), file);
    const differences = configurationDifferences(compared(before), compared(recipe));
    if (differences.length > 0) throw new ConfigurationMismatchError(differences);
  }
  const done = (await readLog(folder)).findLast(({ kind }) => kind === 'done');
  return { step: typeof done?.['step'] === 'number' ? done['step'] : undefined };
}

function compared({ description: _, ...recipe }: Recipe): Json {
  return JSON.parse(JSON.stringify(recipe)) as Json;
}
