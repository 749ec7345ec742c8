/** What the tests of evaluation commands share: a temporary folder of files, and runs that must succeed or fail. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { relbert, tinyModel } from './command.ts';

/** The temporary folder of the test file that imports this. */
export const folder = mkdtempSync(join(tmpdir(), 'relbert-evaluation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const model = ['--model', tinyModel, '--template', '<subj> <mask> <obj>', '--threads', '1'];

/** Five words in two dimensions, as text: man is to woman as king to queen. */
export const vectors = 'king 1 1\nqueen 1 2\nman 4 1\nwoman 4 2\napple 7 0\n';

/** Writes a file of the temporary folder and gives its path. */
export function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export const jsonl = (...lines: unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Runs a command that must fail and gives what it said. */
export async function failure(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await relbert(args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).not.toContain('    at ');
  return stderr;
}

/** Runs a command with --json that must succeed and say nothing beside. */
export async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await relbert([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}
