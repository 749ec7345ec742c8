import { AtomicFile, type WriteOptions } from './files.ts';

/**
 * Writes several files of which none appears half written, and none before all are on the disk: each into a temporary
 * file, all flushed, then renamed one after the other. A failure before the renaming (full disk, abort) changes nothing;
 * one between two renames leaves the first files new and the others as they were. Their folders must exist.
 * @throws FileError (full disk, read-only folder ...), or the signal's reason
 */
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
    for (const file of opened) await file.rename();
  } finally {
    for (const file of opened) await file.discard();
  }
}
