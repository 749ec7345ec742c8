import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';

const kills = 20;
const child = fileURLToPath(new URL('kill-child.ts', import.meta.url));

/** Runs the child; `onLine` may kill it. Resolves with its lines when it is gone. */
function run(
  folder: string,
  resume: boolean,
  onLine: (line: string, process: ChildProcess) => void,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, ['--import', 'tsx', child, folder, ...(resume ? ['--resume'] : [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    let rest = '';
    let errors = '';
    started.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    started.stdout.on('data', (data: Buffer) => {
      const parts = (rest + data.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        onLine(line, started);
      }
    });
    started.on('error', reject);
    started.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(lines);
      else reject(new Error(`the run ended with ${code ?? signal}: ${errors}`));
    });
  });
}

describe('a run that is killed', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relbert-kill-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it(`loses nothing: ${kills} times SIGKILL at random moments, and the same final weights`, async () => {
    const undisturbed = await run(join(folder, 'undisturbed'), false, () => {});
    const random = new Random(Date.now() & 0x7fffffff);
    let killed = 0;
    let last: string[] = [];
    for (let round = 0; killed < kills; round++) {
      // Some events further on, and there at any moment of the next one: in the middle of a step, a validation, or
      // the writing of a checkpoint.
      let events = random.integer(8);
      const delay = random.uniform(0, 40);
      last = await run(join(folder, 'killed'), round > 0, (_, process) => {
        if (events-- === 0) setTimeout(() => process.kill('SIGKILL'), delay);
      });
      if (last.some((line) => line.startsWith('done'))) break;
      killed++;
    }
    expect(killed).toBeGreaterThanOrEqual(kills);
    last = await run(join(folder, 'killed'), true, () => {});
    expect(undisturbed.at(-1)).toMatch(/^done 100 \d+ [0-9a-f]{64}$/);
    expect(last.at(-1)).toBe(undisturbed.at(-1));
  }, 300_000);
});
