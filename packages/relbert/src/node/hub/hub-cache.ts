/**
 * @file The hub's cache on disk, laid out as Python's huggingface_hub lays it out, so that each finds what the other
 * fetched:
 *
 *     models--org--name/refs/main                 the commit that a branch or tag stood at
 *     models--org--name/snapshots/<commit>/<file> a link to the blob (a copy where links are not allowed)
 *     models--org--name/blobs/<etag>              the bytes, named by their hash
 */

import { access, copyFile, readFile, readlink, symlink, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileError, systemCode } from '../file-error.ts';
import { makeFolder, writeFileAtomic } from '../files.ts';
import type { HubId } from './hub-id.ts';

const commitPattern = /^[0-9a-f]{40}$/;

export function isCommit(revision: string): boolean {
  return commitPattern.test(revision);
}

/** One model's part of the cache. Nothing is made before something is stored. */
export class HubCache {
  readonly folder: string;
  readonly locks: string;

  constructor(cache: string, id: string) {
    const name = `models--${id.replace('/', '--')}`;
    this.folder = join(cache, name);
    this.locks = join(cache, '.locks', name);
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
      const commit = (await readFile(join(this.folder, 'refs', ...revision.split('/')), 'utf8')).trim();
      return isCommit(commit) ? commit : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a file of a commit is there, bytes and all. */
  async has(commit: string, file: string): Promise<boolean> {
    return exists(join(this.snapshot(commit), ...file.split('/')));
  }

  /** Remembers which commit a branch or tag stands at. */
  async setCommit({ revision }: HubId, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf({ id: '', revision })) === commit) return;
    const path = join(this.folder, 'refs', ...revision.split('/'));
    await makeFolder(dirname(path));
    await writeFileAtomic(path, commit);
  }

  /** Makes the folders that a download needs. */
  async prepare(): Promise<void> {
    await makeFolder(join(this.folder, 'blobs'));
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

/** Whether there is a file; a link that leads nowhere is none. */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
