import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { spawnRelbert } from '../cli/built-command.ts';
import { relbert, tinyModel } from '../cli/command.ts';
import { tinyRelations } from './tiny.ts';

const kills = 6;
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

const isDone = (lines: readonly string[]): boolean => lines.some((line) => line.startsWith('done'));

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
    let last: string[] = [];
    let resumes = false;
    for (let killed = 0; killed < kills; ) {
      // Some events further on, and there at any moment of the next one: in the middle of a step, a validation, or
      // the writing of a checkpoint.
      let events = random.integer(8);
      const delay = random.uniform(0, 40);
      last = await run(join(folder, 'killed'), resumes, (_, process) => {
        if (events-- === 0) setTimeout(() => process.kill('SIGKILL'), delay);
      });
      resumes = !isDone(last);
      if (resumes) killed++;
      else {
        // A fast machine came to the end before: another run is killed for the rest.
        expect(last.at(-1)).toBe(undisturbed.at(-1));
        await rm(join(folder, 'killed'), { recursive: true });
      }
    }
    last = await run(join(folder, 'killed'), true, () => {});
    expect(undisturbed.at(-1)).toMatch(/^done 40 \d+ [0-9a-f]{64}$/);
    expect(last.at(-1)).toBe(undisturbed.at(-1));
  }, 600_000);
});

describe('relbert distill that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-kill-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const relations = join(folder, 'relations.jsonl');
  writeFileSync(relations, formatRelationLines(tinyRelations(6)));
  const steps = 40;
  const distill = (name: string) => [
    ...['distill', '--model', tinyModel, '--output', join(folder, name), '--data', relations, '--threads', '2'],
    ...['--template', '<subj> <mask> <obj>', '--pooling', 'average'],
    ...['--set', 'validationShare=0.4', '--set', 'training.average=0.9'],
    ...['--set', 'sampling.parts.*.positives=2', '--set', 'sampling.parts.*.negatives=1'],
    ...['--batch', '4', '--steps', String(steps), '--every', '5'],
  ];
  const log = (name: string): Record<string, unknown>[] => {
    const path = join(folder, name, 'train.jsonl');
    if (!existsSync(path)) return [];
    const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  /**
   * Resumes the run and, once it goes on, kills it when its log says so, `delay` milliseconds later; true where it
   * came to its end before.
   */
  async function resume(name: string, when: (entries: readonly Record<string, unknown>[]) => boolean, delay = 0) {
    const { code, signal, stderr } = await spawnRelbert([...distill(name), '--resume'], {
      during: (child) => {
        let started = '';
        child.stderr.on('data', (text: Buffer) => {
          started += text.toString();
        });
        const timer = setInterval(() => {
          if (child.exitCode !== null || child.signalCode !== null) clearInterval(timer);
          else if (started.includes('parameters are trained') && when(log(name))) {
            clearInterval(timer);
            setTimeout(() => child.kill('SIGKILL'), delay);
          }
        }, 2);
      },
    });
    if (signal !== 'SIGKILL') expect([code, stderr]).toEqual([0, expect.stringContaining('steps')]);
    return signal !== 'SIGKILL';
  }

  it('does the steps since its checkpoint again: the same model, and a log as of one run', async () => {
    expect((await relbert(distill('undisturbed'))).code).toBe(0);
    const random = new Random(Date.now() & 0x7fffffff);
    // Some steps after where it goes on, mostly between two checkpoints. On a busy machine the run can be at its end before
    // this process notices what its log says: then another is begun.
    let kills = 0;
    for (let finished = false; kills < 3 && !(finished && kills > 0); ) {
      if (finished) rmSync(join(folder, 'killed'), { recursive: true });
      const more = 1 + random.integer(7);
      let first: number | undefined;
      finished = await resume(
        'killed',
        (entries) => {
          first ??= entries.length;
          return entries.length >= first + more;
        },
        random.uniform(0, 10),
      );
      if (!finished) kills++;
    }
    // And while it saves the model.
    for (let tries = 0; tries < 2; tries++) {
      if (await resume('killed', (entries) => entries.at(-1)?.['kind'] === 'done')) break;
    }
    await resume('killed', () => false);
    const bytes = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(bytes('killed').equals(bytes('undisturbed'))).toBe(true);
    for (const kind of ['step', 'validation', 'done']) {
      const entries = (name: string) =>
        log(name)
          .filter((entry) => entry['kind'] === kind)
          .map(({ seconds: _, ...entry }) => entry);
      expect(entries('killed'), kind).toEqual(entries('undisturbed'));
      expect(entries('killed')).toHaveLength({ step: steps, validation: steps / 5, done: 1 }[kind] as number);
    }
    const left = readdirSync(join(folder, 'killed'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }, 600_000);
});
