import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError, systemCode } from './file-error.ts';
import { hostDigits, isRunning } from './process.ts';
import { hostname } from 'node:os';

/** `.name.PID-DIGITS.tmp`: the digits are eight of the machine and eight random ones. */
const pattern = /^\.(.+)\.(\d+)-([0-9a-f]{8})[0-9a-f]*\.tmp$/;

/** A new path beside a file, for its content while it is written. */
export function temporaryPath(path: string): string {
  const digits = `${hostDigits}${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${digits}.tmp`);
}

/** The name of the file that a temporary file of this name was written for; undefined: it is not a temporary file. */
export function targetOfTemporary(name: string): string | undefined {
  return pattern.exec(name)?.[1];
}

export interface LeftoverOptions {
  /** Only of the file of this name. Default: of every file. */
  readonly of?: string;
  /** Nobody else writes into this folder: temporary files of other machines are leftovers too. Default false. */
  readonly locked?: boolean;
}

/** Removes the temporary files in a folder whose processes were killed. Nothing where there is no such folder. */
export async function removeLeftovers(folder: string, { of, locked = false }: LeftoverOptions = {}): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw fileError(folder, 'read', error);
  }
  for (const name of names) {
    const [, target, pid, host] = pattern.exec(name) ?? [];
    if (target === undefined || (of !== undefined && target !== of)) continue;
    const leftover = host === hostDigits ? !isRunning({ pid: Number(pid), host: hostname() }) : locked;
    if (leftover) await rm(join(folder, name), { force: true });
  }
}
