/** Writes the site as a folder of static files, with NAME.gz beside NAME for servers that take it (nginx: gzip_static). */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kindOfPath, listFolder, makeFolder, readText, UsageError, writeFileAtomic } from 'relbert/cli';
import {
  compressed,
  isCompressible,
  pathsOf,
  type SiteFile,
  type SitePart,
  serviceWorker,
  siteFile,
  siteListStart,
} from './site.ts';

/**
 * A server may serve the folder meanwhile. The service worker tells browsers that there are new versions, which they keep
 * from then on, the page with them: it comes when all else is in place.
 */
const lastFiles = ['index.html', serviceWorker];

/** @throws UsageError where the files of somebody else would be replaced: a site takes a new folder, or that of an earlier site */
export async function checkSiteFolder(folder: string): Promise<void> {
  const kind = await kindOfPath(folder);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new UsageError(`--output: ${folder} is not a folder: name a folder`);
  const names = await listFolder(folder);
  if (names.length === 0) return;
  const isSite =
    names.includes(serviceWorker) && (await readText(join(folder, serviceWorker))).startsWith(siteListStart);
  if (!isSite) {
    throw new UsageError(
      `--output: ${folder} holds files, but no whole site that could be replaced: name a new or an empty folder`,
    );
  }
}

/**
 * Each file is replaced as a whole. Files of an earlier site that the new one does not have stay: a page that is open may
 * still ask for them. Returns the number of files of the site.
 */
export async function writeSite(
  folder: string,
  parts: readonly SitePart[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const paths = pathsOf(parts).sort((a, b) => lastFiles.indexOf(a) - lastFiles.indexOf(b));
  for (const path of paths) {
    const file = siteFile(parts, path) as SiteFile;
    const target = join(folder, path);
    await makeFolder(dirname(target));
    const bytes = await file.read();
    await writeFileAtomic(target, bytes, options);
    const smaller = isCompressible(path) ? await compressed(bytes) : undefined;
    if (smaller) await writeFileAtomic(`${target}.gz`, smaller, options);
    else await rm(`${target}.gz`, { force: true }); // of an earlier site: a server would send it
  }
  return paths.length;
}
