import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.ts';
import { relbert } from './command.ts';

const folder = new URL('../../../relbert-minilm-l6/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, folder), 'utf8');

/** The figures of the last weights, which were kept, as the log of their training has them. */
function validation(): Readonly<Record<string, number>> {
  const entries = text('train.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; figures?: Readonly<Record<string, number>> });
  return entries.findLast(({ kind }) => kind === 'validation')?.figures ?? {};
}

describe('the model that the package carries', () => {
  it("answers the README's question without any flag", async () => {
    const stem = 'author:book';
    const choices = ['composer:symphony', 'teacher:school', 'baker:oven', 'reader:page'];
    const { code, stdout, stderr } = await relbert(['analogy', stem, ...choices, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const { ranking } = JSON.parse(stdout) as { ranking: { pair: [string, string]; score: number }[] };
    expect(ranking[0]?.pair).toEqual(['composer', 'symphony']);
  });

  it('discounts a word that choice and stem share, with its own prompt and pooling only', async () => {
    const pairs = ['hot:cold', 'big:small', 'hot:warm', 'freezing:hot'];
    const ranked = async (...options: string[]) => {
      const { code, stdout } = await relbert(['analogy', ...pairs, '--json', ...options]);
      expect(code).toBe(0);
      type Output = { ranking: { pair: string[]; score: number; cosine: number }[] };
      const { ranking } = JSON.parse(stdout) as Output;
      return Object.fromEntries(ranking.map(({ pair, score, cosine }) => [pair.join(':'), cosine - score]));
    };
    const close = (value: number) => expect.closeTo(value, 9);
    expect(await ranked()).toEqual({ 'big:small': 0, 'hot:warm': close(0.1), 'freezing:hot': close(0.05) });
    const none = { 'big:small': 0, 'hot:warm': 0, 'freezing:hot': 0 };
    expect(await ranked('--shared-word-discount', '0')).toEqual(none);
    expect(await ranked('--template', '<subj> or <obj>')).toEqual(none);
    expect(await ranked('--template', '<subj> and <obj>')).toEqual(await ranked());
    expect(await ranked('--pooling', 'average')).toEqual(none);
    const table = await relbert(['analogy', ...pairs]);
    expect(table.stdout).toMatch(/^# +hot:cold is like +score +cosine\n/);
    const [, score, cosine] = /hot:warm +(0\.8\d{3}) +(0\.9\d{3})/.exec(table.stdout) ?? [];
    expect(Number(cosine) - Number(score)).toBeCloseTo(0.1, 3);
  });

  it('has no mask token, so that the pooling of it is wrong usage', async () => {
    const { code, stdout, stderr } = await relbert(['embed', 'author:book', '--pooling', 'mask']);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('the pooling "mask" needs')]);
  });

  it('is a package of 24 MB at most', () => {
    const { files } = JSON.parse(text('package.json')) as { files: string[] };
    const size = files.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
    expect(size).toBeLessThanOrEqual(24e6);
  });

  it('was trained by its recipe, and its card says with what figures', () => {
    const recipe = JSON.parse(
      readFileSync(new URL('../../recipes/embedded-lexical.json', import.meta.url), 'utf8'),
    ) as object;
    expect(JSON.parse(text('recipe.json'))).toMatchObject(recipe);
    const { mean = 0 } = validation();
    expect(mean).toBeGreaterThan(0.6);
    expect(text('README.md')).toContain(`| mean | ${(100 * mean).toFixed(1)} % |`);
  });

  describeWithShared('', ['data/analogy'], () => {
    it('has the accuracy that its log says, weights in 8 bits and all', async () => {
      const { u2 = 0, google = 0, bats = 0 } = validation();
      const sets = ['u2', 'google', 'bats'].map((set) => sharedPath(`data/analogy/${set}`));
      const { stdout } = await relbert(['evaluate', 'analogy', '--data', ...sets, '--split', 'valid', '--json']);
      const { results } = JSON.parse(stdout) as { results: { accuracy: number; questions: number }[] };
      for (const [i, expected] of [u2, google, bats].entries()) {
        const { accuracy, questions } = results[i] as (typeof results)[number];
        // The 8 bits may turn a question whose two best choices are as good as equal.
        expect(Math.abs(accuracy - expected)).toBeLessThan(1.5 / questions);
      }
    }, 60_000);
  });

  describeWithShared('', ['data/shared_word'], () => {
    it('finds relations behind shared words', async () => {
      const sets = ['BLESS', 'EVALution', 'K&H+N'].map((set) => sharedPath(`data/shared_word/${set}`));
      const { stdout } = await relbert(['evaluate', 'analogy', '--data', ...sets, '--split', 'valid', '--json']);
      type Output = { macroAverage: number; kinds: { apart: number }; sharedWordDiscount: number };
      const { macroAverage, kinds, sharedWordDiscount } = JSON.parse(stdout) as Output;
      expect(sharedWordDiscount).toBe(0.1);
      // 66.3 and 60.9; by cosine alone 61.3 and 46.9.
      expect(macroAverage).toBeGreaterThan(0.65);
      expect(kinds.apart).toBeGreaterThan(0.59);
    }, 60_000);
  });
});
