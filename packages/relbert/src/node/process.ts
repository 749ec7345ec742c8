import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from './file-error.ts';

/** A process of some machine, as a lock names it. */
export interface ProcessName {
  readonly pid: number;
  readonly host: string;
  /** When it started, in the system's clock ticks, where the system says that: another process can get the same pid. */
  readonly started?: string | undefined;
}

export function thisProcess(): ProcessName {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) };
}

/** Whether a process runs; undefined for one of another machine. */
export function isRunning({ pid, host, started }: ProcessName): boolean | undefined {
  if (host !== hostname()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || started === now;
}

/** Eight digits for this machine: part of the names of temporary files, which other machines may see. */
export const hostDigits = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

function startOf(pid: number): string | undefined {
  try {
    // The name of the command, in parentheses, can hold spaces.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}
