/** Writes the site as a folder of static files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathsOf, type SiteFile, type SitePart, siteFile } from './site.ts';

/** Returns the number of files. */
export async function writeSite(folder: string, parts: readonly SitePart[]): Promise<number> {
  const paths = pathsOf(parts);
  for (const path of paths) {
    const file = siteFile(parts, path) as SiteFile;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await file.read());
  }
  return paths.length;
}
