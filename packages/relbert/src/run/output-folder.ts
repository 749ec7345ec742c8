import { isWeightsFile } from '../encoder/checkpoint.ts';
import { isTokenizerFile } from '../encoder/checkpoint-tokenizer.ts';
import { OptionError } from '../encoder/load-encoder.ts';
import { makeFolder, removePath, writeFileAtomic } from '../node/files.ts';
import { join, resolve } from '../node/path.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';

/** Each step, validation and checkpoint of a run as a line of JSON. */
export const logName = 'train.jsonl';

/** The pairs of a run, the first file that it writes. */
export const trainPairsName = 'train-pairs.tsv';
export const recipeFileName = 'recipe.json';
const checkpointsName = 'checkpoints';
const modelName = 'model.safetensors';
/** What a run leaves beside tokenizer and weights; finetuning_config.json is of the Python package. */
const savedNames: readonly string[] = [
  ...[logName, recipeFileName, trainPairsName, 'learning-curve.svg', 'README.md'],
  ...['config.json', 'finetuning_config.json'],
];

/** The folder of a run's checkpoints. */
export function checkpointFolder(folder: string): string {
  return join(folder, checkpointsName);
}

/**
 * Whether a run may write into a folder: one that is missing or empty; with `resume` one that holds a run; with
 * `overwrite` any but one of the models that are `read`. Changes nothing: see {@link clearOutputFolder}.
 *
 * @throws OptionError
 */
export async function checkOutputFolder(
  folder: string,
  {
    resume = false,
    overwrite = false,
    read = [],
  }: { readonly resume?: boolean; readonly overwrite?: boolean; readonly read?: readonly string[] },
): Promise<void> {
  if (resume && overwrite) throw new OptionError('--resume and --overwrite contradict each other: leave one out');
  const kind = await kindOfPath(folder);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new OptionError(`${folder} is a file: name a folder for the model`);
  const names = await listFolder(folder);
  if (overwrite && read.some((model) => resolve(model) === resolve(folder))) {
    throw new OptionError(`${folder} holds a model that this run reads: name another folder`);
  }
  if (names.length === 0 || overwrite) return;
  const isRun = names.some(ofRun);
  if (!resume) {
    throw new OptionError(
      isRun
        ? `${folder} holds a run already: --resume goes on with it, --overwrite replaces it`
        : `${folder} is not empty: name another folder, or replace it with --overwrite`,
    );
  }
  if (!isRun) throw new OptionError(`${folder} holds no run to be resumed, but something else: name another folder`);
}

/** Whether a run, however early it was killed, has left a file of this name. */
function ofRun(name: string): boolean {
  return [logName, recipeFileName, checkpointsName, trainPairsName].includes(leftoverOf(name) ?? name);
}

/** The name of the file that a killed process was writing when it left a temporary file of this name. */
function leftoverOf(name: string): string | undefined {
  return /^\.(.+)\.\d+-[0-9a-f]+\.tmp$/.exec(name)?.[1];
}

/**
 * Makes the folder ready for a run that begins or goes on: temporary files of killed processes go; with `overwrite`
 * all that an earlier run left. To be called when everything else was found right, so that a mistake on the command
 * line costs no model.
 */
export async function clearOutputFolder(
  folder: string,
  { overwrite = false }: { readonly overwrite?: boolean },
): Promise<void> {
  await makeFolder(folder);
  const names = await listFolder(folder);
  for (const name of names) if (leftoverOf(name) !== undefined) await removePath(join(folder, name));
  if (!overwrite) return;
  // The checkpoints first: without them, and while the model is there, the folder is that of a finished run.
  const first = [checkpointsName, modelName].filter((name) => names.includes(name));
  for (const name of [...first, ...names.filter(ofModel)]) await removePath(join(folder, name));
}

/** Whether a file is of a run or its model, or would be read with the new model: another one's tokenizer or weights. */
function ofModel(name: string): boolean {
  return savedNames.includes(name) || isTokenizerFile(name) || isWeightsFile(name);
}

/** Whether the run in a folder came to its end. */
export async function isSaved(folder: string): Promise<boolean> {
  return (await kindOfPath(join(folder, modelName))) === 'file';
}

/** The entries of a log; a last line that was cut off is left out. */
export async function readLog(folder: string): Promise<Readonly<Record<string, unknown>>[]> {
  const file = join(folder, logName);
  if ((await kindOfPath(file)) === undefined) return [];
  return (await readText(file)).split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'object' && entry !== null ? [entry as Record<string, unknown>] : [];
    } catch {
      return [];
    }
  });
}

/** Takes out of a log what lies beyond a step: a run that was killed after its last checkpoint does it again. */
export async function keepLog(folder: string, step: number): Promise<void> {
  const entries = await readLog(folder);
  const kept = entries.filter(
    // A run that was killed while it saved its model is done a second time.
    (entry) => entry['kind'] !== 'done' && typeof entry['step'] === 'number' && entry['step'] <= step && step > 0,
  );
  if (entries.length === 0) return;
  await writeFileAtomic(join(folder, logName), kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}
