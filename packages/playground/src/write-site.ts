/** Writes the site as a folder of static files, with NAME.gz beside NAME for servers that take it (nginx: gzip_static). */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compressed, isCompressible, pathsOf, type SiteFile, type SitePart, siteFile } from './site.ts';

/** Returns the number of files of the site. */
export async function writeSite(folder: string, parts: readonly SitePart[]): Promise<number> {
  const paths = pathsOf(parts);
  for (const path of paths) {
    const file = siteFile(parts, path) as SiteFile;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const bytes = await file.read();
    await writeFile(target, bytes);
    const smaller = isCompressible(path) ? await compressed(bytes) : undefined;
    if (smaller) await writeFile(`${target}.gz`, smaller);
  }
  return paths.length;
}
