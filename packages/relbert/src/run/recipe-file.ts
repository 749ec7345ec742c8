import { OptionError } from '../encoder/option-error.ts';
import { packageFolder } from '../node/package.ts';
import { join } from '../node/path.ts';
import { kindOfPath, readText } from '../node/read-file.ts';
import { suggestion } from '../text/nearest-name.ts';
import { parseRecipe } from '../train/recipe.ts';
import { type Recipe, recipeNames } from '../train/recipe-schema.ts';

/**
 * A recipe by its name in the package, or from a file.
 * @throws OptionError for an unknown name (with the nearest), RecipeError for a file that is not a recipe
 */
export async function readRecipe(nameOrFile: string): Promise<Recipe> {
  if ((recipeNames as readonly string[]).includes(nameOrFile)) {
    const file = join(packageFolder(), 'recipes', `${nameOrFile}.json`);
    return parseRecipe(await readText(file), file);
  }
  if ((await kindOfPath(nameOrFile)) === 'file') return parseRecipe(await readText(nameOrFile), nameOrFile);
  throw new OptionError(
    `unknown recipe '${nameOrFile}'${suggestion(nameOrFile, recipeNames)}; recipes: ${recipeNames.join(', ')}, or a .json file`,
  );
}
