import { AtomicFile, type WriteOptions } from './files.ts';

/**
 * Writes several files so that all or none appear: each into a temporary file, all flushed to the disk, then renamed one
 * after the other. Their folders must exist.
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
