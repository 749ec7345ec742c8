/** A finished run, identified by its output files: its checkpoints may be gone. */

import { parseTrainPairs } from '../data/relation-set.ts';
import { openCheckpoint } from '../encoder/checkpoint.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { modelFiles } from '../node/open-model.ts';
import { join } from '../node/path.ts';
import { kindOfPath, readText } from '../node/read-file.ts';
import { storedConfiguration } from '../node/training-store.ts';
import { ConfigurationMismatchError, configurationDifferences, type Json, plainJson } from '../train/configuration.ts';
import { parseRecipe } from '../train/recipe.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import { recipeFileName, trainPairsName } from './distill-folder.ts';
import { excludedPairSet } from './excluded-pairs.ts';
import { fingerprint } from './fingerprint.ts';
import type { DistillOptions } from './options.ts';
import { promptFingerprint } from './run-configuration.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Where a folder holds the model of a finished run: after how many steps it ended (undefined: its log is gone).
 * Data, teacher and language model may lie elsewhere by now: the first two are not read, the last where it is at hand.
 * Files of excluded pairs are read.
 *
 * @throws ConfigurationMismatchError where the run had another recipe, prompt or language model, saved its weights in
 *   another type or trained on an excluded pair, so that its model is not the one asked for
 */
export async function finishedBefore(
  folder: RunFolder,
  options: DistillOptions,
): Promise<{ readonly step: number | undefined } | undefined> {
  const { recipe } = options;
  if (!(await folder.isFinished())) return undefined;
  const file = folder.file(recipeFileName);
  const differences: string[] = [];
  if ((await kindOfPath(file)) === 'file') {
    const before = parseRecipe(await readText(file), file);
    differences.push(...configurationDifferences(compared(before), compared(recipe)));
  }
  differences.push(...(await startDifferences(folder.checkpoints, options)));
  differences.push(...(await dtypeDifferences(options)), ...(await exclusionDifferences(options)));
  if (differences.length > 0) throw new ConfigurationMismatchError(differences);
  const done = (await folder.entries()).findLast(({ kind }) => kind === 'done');
  return { step: typeof done?.['step'] === 'number' ? done['step'] : undefined };
}

/** How language model and prompt differ from those of the run's last checkpoint, if that still exists. */
async function startDifferences(checkpoints: string, { model, prompt, hub }: DistillOptions): Promise<string[]> {
  const stored = await unlessUnusable(() => storedConfiguration(checkpoints));
  const before = fieldsOf(fieldsOf(stored)?.['run']);
  if (!before) return [];
  // From the cache only: a finished run fetches nothing.
  const files = { ...hub, offline: true };
  const now = await unlessUnusable(async () => fingerprint(await openCheckpoint(await modelFiles(model, files))));
  return configurationDifferences(
    { run: { model: before['model'], prompt: before['prompt'] } },
    { run: { model: now ?? before['model'], prompt: prompt && (await promptFingerprint(prompt)) } },
  );
}

async function dtypeDifferences({ output, dtype }: DistillOptions): Promise<string[]> {
  if (!dtype) return [];
  const saved = await unlessUnusable(async () => (await openCheckpoint(await modelFiles(output))).weights.storedType);
  return saved === undefined ? [] : configurationDifferences({ dtype: saved.toLowerCase() }, { dtype });
}

/** The recipe does not name the excluded pairs, so the list of training pairs is searched for them. */
async function exclusionDifferences({ output, excludePairs = [] }: DistillOptions): Promise<string[]> {
  const file = join(output, trainPairsName);
  const excluded = await excludedPairSet(excludePairs);
  if (excluded.size === 0 || (await kindOfPath(file)) !== 'file') return [];
  const leaked = parseTrainPairs(await readText(file)).filter((pair) => excluded.has(pair));
  const [first] = leaked;
  if (!first) return [];
  return [
    `excludePairs: pairs to be left out were trained on: ${leaked.length}, the first of them ${first.head}:${first.tail}`,
  ];
}

function fieldsOf(value: Json | undefined): { readonly [key: string]: Json | undefined } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json | undefined })
    : undefined;
}

async function unlessUnusable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}

function compared({ description: _, ...recipe }: Recipe): Json {
  return plainJson(recipe);
}
