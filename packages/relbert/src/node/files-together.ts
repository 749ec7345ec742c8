/** @file Several files that take their names together: nobody ever finds new ones beside old ones. */

import { basename, dirname } from 'node:path';
import { AtomicFile, placeOf, removePath, type WriteOptions, writeFileAtomic } from './files.ts';
import { finishCommit, temporaryPath } from './temporary-file.ts';

/**
 * Puts files in place together. All are on the disk first; then a journal lists them, the old files are removed, the new
 * ones get their names, and the journal is removed. A process that is killed before the journal leaves the old files;
 * after one killed later, the next process that writes into the folder does the rest.
 *
 * @param removed Paths of further files in the folder that go with the old ones.
 * @throws FileError (full disk, read-only folder ...): without a journal nothing has changed
 */
export async function commitTogether(files: readonly AtomicFile[], removed: readonly string[] = []): Promise<void> {
  for (const file of files) await file.flush();
  const last = files.findLast(({ temporary }) => temporary !== undefined)?.temporary;
  // A symbolic link or a device can be elsewhere: such a file takes its place by itself.
  const together = files.filter(({ temporary }) => last && temporary && dirname(temporary) === dirname(last));
  for (const file of files) if (together.length < 2 || !together.includes(file)) await file.rename();
  const withThem: string[] = [];
  for (const path of removed) {
    if (last && together.length > 1 && dirname(await placeOf(path)) === dirname(last)) withThem.push(path);
    else await removePath(path);
  }
  if (!last || together.length < 2) return;
  const journal = temporaryPath(last, 'commit');
  const names = [...together.map(({ temporary }) => temporary as string), ...withThem].map((path) => basename(path));
  await writeFileAtomic(journal, JSON.stringify(names));
  for (const file of together) file.keepTemporary();
  await finishCommit(journal);
}

/** Writes several files that take their names together (`commitTogether`). Their folders must exist. */
export async function writeFilesTogether(
  files: readonly { readonly path: string; readonly content: string | Uint8Array }[],
  options: WriteOptions = {},
): Promise<void> {
  const opened: AtomicFile[] = [];
  try {
    for (const { path, content } of files) {
      const file = await AtomicFile.create(path, options);
      opened.push(file);
      await file.write(content);
      await file.flush();
    }
    await commitTogether(opened);
  } finally {
    for (const file of opened) await file.discard();
  }
}
