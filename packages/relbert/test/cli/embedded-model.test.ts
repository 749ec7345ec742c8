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
});
