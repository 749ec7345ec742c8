import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { type SearchPromptOptions, searchPrompt } from '../../src/run/search.ts';
import { type TunePromptOptions, tunePrompt } from '../../src/run/tune.ts';
import { wordRelations } from '../search/model.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-resume-'));
const at = (name: string) => join(folder, name);
const read = (run: string, file: string) => readFileSync(join(at(run), file), 'utf8');
const data = {
  model: fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url)),
  pooling: 'average',
  data: [at('relations.jsonl')],
  threads: 1,
} as const;

beforeAll(() =>
  writeFileSync(at('relations.jsonl'), formatRelationLines(wordRelations(6, { positives: 5, negatives: 2 }))),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The log without what a clock wrote. */
const logOf = (run: string): unknown[] =>
  read(run, 'prompt.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));

type Event = { readonly kind: string };

/** A run abandoned, as by a kill, at event number `stop`; with `abort` it is aborted there, as by Ctrl-C. */
async function leftAt(
  stop: number,
  run: (signal: AbortSignal) => AsyncGenerator<Event>,
  abort: boolean,
): Promise<string | undefined> {
  const controller = new AbortController();
  let seen = 0;
  let left: string | undefined;
  try {
    for await (const { kind } of run(controller.signal)) {
      if (seen++ < stop) continue;
      left ??= kind;
      if (!abort) break;
      controller.abort(new Error('enough'));
    }
  } catch (error) {
    expect(error).toMatchObject({ message: 'enough' });
  }
  return left;
}

async function kindsOf(events: AsyncGenerator<Event>): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of events) kinds.push(kind);
  return kinds;
}

/** Left at any of its events, a run comes to the same files. */
async function resumesEverywhere(
  name: string,
  way: 'killed' | 'aborted',
  run: (options: { output: string; resume?: boolean; signal?: AbortSignal }) => AsyncGenerator<Event>,
): Promise<string[]> {
  const kinds = await kindsOf(run({ output: at(name) }));
  const stops = kinds.flatMap((kind, stop) => {
    // Stops at the first and last event of each kind; reading and saving are reported outside the run.
    const end = kinds.indexOf(kind) === stop || kinds.lastIndexOf(kind) === stop;
    return end && kind !== 'data' && kind !== 'saved' ? [{ stop, kind }] : [];
  });
  for (const { stop, kind } of stops) {
    const cut = `${name}-${way}-${stop}-${kind}`;
    expect(await leftAt(stop, (signal) => run({ output: at(cut), signal }), way === 'aborted')).toBe(kind);
    // An aborted run has saved its state: it is abandoned once more after it has reported what is due.
    if (way === 'aborted') await leftAt(3, (signal) => run({ output: at(cut), resume: true, signal }), false);
    await kindsOf(run({ output: at(cut), resume: true }));
    expect([cut, logOf(cut)]).toEqual([cut, logOf(name)]);
    expect([cut, read(cut, 'config.json')]).toEqual([cut, read(name, 'config.json')]);
    expect([cut, read(cut, 'loss.svg').replaceAll(cut, name)]).toEqual([cut, read(name, 'loss.svg')]);
  }
  return kinds;
}

describe('a run that was stopped', () => {
  it('searches on to the same prompt, log and picture, wherever it was', async () => {
    const options: Omit<SearchPromptOptions, 'output'> = {
      ...data,
      counts: { begin: 1, middle: 0, end: 0 },
      iterations: 10,
      k: 5,
    };
    const kinds = await resumesEverywhere('search', 'killed', (more) => searchPrompt({ ...options, ...more }));
    expect(kinds.filter((kind) => kind === 'iteration').length).toBeGreaterThan(1);
    expect(kinds).toContain('converged');
    expect(logOf('search')[0]).toMatchObject({ kind: 'start', iteration: 0, loss: expect.any(Number) });
    expect(read('search', 'loss.svg')).toContain('>iteration</text>');
  }, 120_000);

  it('tunes on to the same vectors, log and picture, wherever it was', async () => {
    const options: Omit<TunePromptOptions, 'output'> = {
      ...data,
      counts: { begin: 1, middle: 1, end: 0 },
      reparameterization: 'none',
      steps: 2,
      every: 1,
    };
    const kinds = await resumesEverywhere('tune', 'aborted', (more) => tunePrompt({ ...options, ...more }));
    expect(kinds.filter((kind) => kind === 'validation')).toHaveLength(3);
    expect(read('tune', 'loss.svg')).toContain('>step</text>');
  }, 120_000);
});
