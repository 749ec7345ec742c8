import { OptionError } from '../load-encoder.ts';
import { removePath, writeFileAtomic } from '../runtime/files.ts';
import { join } from '../runtime/path.ts';
import { kindOfPath, listFolder, readText } from '../runtime/read-file.ts';

/** Each step, validation and checkpoint of a run as a line of JSON. */
export const logName = 'train.jsonl';

/**
 * Whether a run may write into a folder: one that is missing or empty; with `resume` one that holds a run; with
 * `overwrite` any, after what an earlier run left there is removed.
 *
 * @throws OptionError
 */
export async function checkOutputFolder(
  folder: string,
  { resume = false, overwrite = false }: { readonly resume?: boolean; readonly overwrite?: boolean },
): Promise<void> {
  if (resume && overwrite) throw new OptionError('--resume and --overwrite contradict each other: leave one out');
  const kind = await kindOfPath(folder);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new OptionError(`${folder} is a file: name a folder for the model`);
  const names = await listFolder(folder);
  if (names.length === 0) return;
  const isRun = names.includes(logName) || names.includes('recipe.json') || names.includes('checkpoints');
  if (overwrite) {
    await removePath(join(folder, 'checkpoints'));
    for (const name of [logName, 'model.safetensors', 'learning-curve.svg', 'recipe.json', 'train-pairs.tsv']) {
      if (names.includes(name)) await removePath(join(folder, name));
    }
    return;
  }
  if (!resume) {
    throw new OptionError(
      isRun
        ? `${folder} holds a run already: --resume goes on with it, --overwrite replaces it`
        : `${folder} is not empty: name another folder, or replace it with --overwrite`,
    );
  }
  if (!isRun) throw new OptionError(`${folder} holds no run to be resumed, but something else: name another folder`);
}

/** Whether the run in a folder came to its end. */
export async function isSaved(folder: string): Promise<boolean> {
  return (await kindOfPath(join(folder, 'model.safetensors'))) === 'file';
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
  const kept = entries.filter((entry) => typeof entry['step'] === 'number' && entry['step'] <= step && step > 0);
  if (entries.length === 0) return;
  await writeFileAtomic(join(folder, logName), kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}
