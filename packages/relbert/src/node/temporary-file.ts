/** @file Files and folders while they are written, and what killed processes left of them. */

import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileError, systemCode } from './file-error.ts';
import { hostDigits, isRunning } from './process.ts';

/** `.NAME.PID-DIGITS.tmp` (content) or `.commit` (journal): the digits are eight of the machine and eight random ones. */
const pattern = /^\.(.+)\.(\d+)-([0-9a-f]{8})[0-9a-f]*\.(tmp|commit)$/;

/** A new path beside a file or folder, for its content while it is written, or for the journal of files that belong together. */
export function temporaryPath(path: string, kind: 'tmp' | 'commit' = 'tmp'): string {
  const digits = `${hostDigits}${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${digits}.${kind}`);
}

/** The name of the file that a temporary file of this name was written for; undefined: it is not a temporary file. */
export function targetOfTemporary(name: string): string | undefined {
  return pattern.exec(name)?.[1];
}

export interface LeftoverOptions {
  /** Temporary files of the file of this name only. Default: all. */
  readonly of?: string;
  /** Nobody else writes into this folder: temporary files of other machines are leftovers too. Default false. */
  readonly locked?: boolean;
}

/**
 * Finishes the commits of killed processes in a folder, and removes their temporary files and folders. Does nothing
 * where there is no such folder.
 */
export async function clearLeftovers(folder: string, { of, locked = false }: LeftoverOptions = {}): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw fileError(folder, 'read', error);
  }
  const leftovers = names.flatMap((name) => {
    const [, target, pid, host, kind] = pattern.exec(name) ?? [];
    if (target === undefined) return [];
    const dead = host === hostDigits ? !isRunning({ pid: Number(pid), host: hostname() }) : locked;
    return dead ? [{ path: join(folder, name), target, kind }] : [];
  });
  for (const { path, kind } of leftovers) if (kind === 'commit') await finishCommit(path);
  for (const { path, target, kind } of leftovers) {
    if (kind === 'tmp' && (of === undefined || of === target)) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Gives the files of a journal their names: the old files are removed first, so that nobody finds new ones beside them,
 * and with them the files that the journal lists by their own names. Can be repeated after a kill at any moment.
 */
export async function finishCommit(journal: string): Promise<void> {
  const folder = dirname(journal);
  try {
    const names = parseJournal(await readFile(journal, 'utf8'));
    const existing = new Set(await readdir(folder));
    const written = names.filter((name) => targetOfTemporary(name) !== undefined);
    const moves = written
      .filter((name) => existing.has(name))
      .map((name) => ({ temporary: join(folder, name), target: join(folder, targetOfTemporary(name) as string) }));
    // Where one has its name already, all old files are gone.
    if (moves.length === written.length) {
      const gone = names.filter((name) => !written.includes(name) && existing.has(name));
      const old = [...moves.map(({ target }) => target), ...gone.map((name) => join(folder, name))];
      for (const path of old) await rm(path, { force: true });
    }
    for (const { temporary, target } of moves) await rename(temporary, target);
    await rm(journal, { force: true });
  } catch (error) {
    throw fileError(journal, 'write', error);
  }
}

/** Names of temporary files, and of files that go; none where the journal is damaged. */
function parseJournal(text: string): string[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : [];
  } catch {
    return [];
  }
}
