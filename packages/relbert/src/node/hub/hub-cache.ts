/**
 * @file The hub's cache on disk, laid out as Python's huggingface_hub lays it out, so that each finds what the other
 * fetched:
 *
 *     models--org--name/refs/main                 the commit that a branch or tag stood at
 *     models--org--name/snapshots/<commit>/<file> a link to the blob (a copy where links are not allowed)
 *     models--org--name/blobs/<etag>              the bytes, named by their hash; since huggingface_hub 2.4 also a
 *                                                 link into the store that repositories share
 *     models--org--name/trees/<commit>.json       since 2.4: every file of a commit with its size and hashes
 *     blobs/<2 digits>/<xet hash>                 since 2.4: the shared store; `.huggingface-shared-blobs` marks it
 *
 * Trees and shared store are read and not written: Python takes a snapshot with a tree for damaged where a file is
 * missing, and locks the store with flock, which Node does not have.
 */

import { copyFile, lstat, readFile, readlink, stat, symlink, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isJsonObject, parseJson } from '../../text/json.ts';
import { fileError, systemCode } from '../file-error.ts';
import { makeFolder, writeFileAtomic } from '../files.ts';
import { clearLeftovers } from '../temporary-file.ts';
import type { HubId } from './hub-id.ts';

const commitPattern = /^[0-9a-f]{40}$/;

export function isCommit(revision: string): boolean {
  return commitPattern.test(revision);
}

/** Names and sizes in bytes of a commit's files; undefined where the hub does not say. */
export type FileSizes = ReadonlyMap<string, number | undefined>;

/** One model's part of the cache. Nothing is made before something is stored. */
export class HubCache {
  readonly folder: string;
  readonly locks: string;
  readonly #store: string;

  constructor(cache: string, id: string) {
    const name = `models--${id.replace('/', '--')}`;
    this.folder = join(cache, name);
    this.locks = join(cache, '.locks', name);
    this.#store = join(cache, 'blobs');
  }

  blob(etag: string): string {
    return join(this.folder, 'blobs', etag);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** The commit that a revision was last seen at; undefined where it never was. */
  async commitOf({ revision }: HubId): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    try {
      const parts = this.#ref(revision);
      for (const part of parts) if ((await lstat(part)).isSymbolicLink()) return undefined;
      const commit = (await readFile(parts.at(-1) as string, 'utf8')).trim();
      return isCommit(commit) ? commit : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a file of a commit is there, and whole where its size in bytes is given. */
  async has(commit: string, file: string, size: number | undefined): Promise<boolean> {
    return hasFile(join(this.snapshot(commit), ...file.split('/')), size);
  }

  /** The files that Python listed for a commit; undefined where it did not, or in a format of the future. */
  async tree(commit: string): Promise<FileSizes | undefined> {
    try {
      const tree = parseJson(
        await readFile(join(this.folder, 'trees', `${commit}.json`), 'utf8'),
        (problem) => new Error(problem),
      );
      if (!isJsonObject(tree) || tree['format_version'] !== 1 || !isJsonObject(tree['files'])) return undefined;
      return new Map(
        Object.entries(tree['files']).map(([name, facts]) => {
          const size = isJsonObject(facts) ? (facts['lfs_size'] ?? facts['size']) : undefined;
          return [name, typeof size === 'number' ? size : undefined];
        }),
      );
    } catch {
      return undefined;
    }
  }

  /** Where the store that repositories share keeps a file; undefined where there is no store of a format we know. */
  async shared(xetHash: string): Promise<string | undefined> {
    if (!/^[0-9a-f]{64}$/.test(xetHash)) return undefined;
    const marker = await readFile(join(this.#store, '.huggingface-shared-blobs'), 'utf8').catch(() => '');
    return marker === '1\n' ? join(this.#store, xetHash.slice(0, 2), xetHash) : undefined;
  }

  /** `refs` and every path below it down to a revision's own. */
  #ref(revision: string): string[] {
    const parts = ['refs', ...revision.split('/')];
    return parts.map((_, i) => join(this.folder, ...parts.slice(0, i + 1)));
  }

  /** Stores which commit a branch or tag stands at. */
  async setCommit({ revision }: HubId, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf({ id: '', revision })) === commit) return;
    const parts = this.#ref(revision);
    const path = parts.at(-1) as string;
    // A link may lead anywhere: it is replaced, what it leads to stays as it is.
    for (const part of parts) if ((await lstat(part).catch(() => undefined))?.isSymbolicLink()) await unlink(part);
    await makeFolder(dirname(path));
    await writeFileAtomic(path, commit);
  }

  /** Makes the folders that a download needs. */
  async prepare(): Promise<void> {
    await makeFolder(join(this.folder, 'blobs'));
    await clearLeftovers(join(this.folder, 'blobs'));
    await makeFolder(this.locks);
  }

  /** Makes a file of a commit point at its blob. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const pointer = join(this.snapshot(commit), ...file.split('/'));
    const blob = this.blob(etag);
    try {
      await makeFolder(dirname(pointer));
      const target = relative(dirname(pointer), blob);
      if ((await readlink(pointer).catch(() => undefined)) === target) return;
      await unlink(pointer).catch(() => {});
      try {
        await symlink(target, pointer);
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return; // another process was faster
        await copyFile(blob, pointer);
      }
    } catch (error) {
      throw fileError(pointer, 'write', error);
    }
  }
}

/** Whether there is a file, of a size in bytes where it is given; a link that leads nowhere is not a file. */
export async function hasFile(path: string, size: number | undefined): Promise<boolean> {
  try {
    const facts = await stat(path);
    return facts.isFile() && (size === undefined || facts.size === size);
  } catch {
    return false;
  }
}
