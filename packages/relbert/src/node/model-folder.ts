import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '../formats/checkpoint-error.ts';

/**
 * The folder of a checkpoint as people name it: the folder that holds config.json, one of sentence-transformers whose
 * modules.json names that folder, or a model's folder in the hub's cache (`models--org--name`), of which `main` counts.
 *
 * @throws CheckpointError where config.json lies in other folders below, which the message names
 */
export async function modelFolder(folder: string): Promise<string> {
  if (await isFile(join(folder, 'config.json'))) return folder;
  const found = (await moduleFolder(folder)) ?? (await snapshotFolder(folder));
  if (found !== undefined) return found;
  const below = await foldersWithConfig(folder, 2);
  if (below.length === 0) return folder; // what is missing is said when it is opened
  throw new CheckpointError(folder, `there is no config.json here; name a folder that holds one: ${below.join(', ')}`);
}

/** The transformer of sentence-transformers' modules.json. */
async function moduleFolder(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'modules.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let modules: unknown;
  try {
    modules = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(modules)) return undefined;
  const paths = modules.map((module: unknown) => (module as { readonly path?: unknown } | null)?.path);
  // A path that leads out of the folder is not followed.
  const plain = paths.filter((path): path is string => typeof path === 'string' && /^[\w-][\w.-]*\/?$/.test(path));
  for (const path of plain) if (await isFile(join(folder, path, 'config.json'))) return join(folder, path);
  return undefined;
}

/** `snapshots/<commit>` that `refs/main` names, or the only one. */
async function snapshotFolder(folder: string): Promise<string | undefined> {
  const snapshots = join(folder, 'snapshots');
  const commits = await readdir(snapshots).catch((): string[] => []);
  const main = (await readFile(join(folder, 'refs', 'main'), 'utf8').catch(() => '')).trim();
  const commit = commits.includes(main) ? main : commits.length === 1 ? commits[0] : undefined;
  return commit !== undefined && (await isFile(join(snapshots, commit, 'config.json')))
    ? join(snapshots, commit)
    : undefined;
}

async function foldersWithConfig(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isDirectory()).slice(0, 100)) {
    const path = join(folder, entry.name);
    if (await isFile(join(path, 'config.json'))) found.push(path);
    else if (depth > 1) found.push(...(await foldersWithConfig(path, depth - 1)));
  }
  return found.slice(0, 5);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
