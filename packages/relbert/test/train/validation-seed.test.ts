import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { distill } from '../../src/run/distill.ts';
import { checkRecipe } from '../../src/train/recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-validation-seed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = ['cat', 'ear', 'tail', 'bat', 'jar', 'rat', 'hair', 'leaf', 'tree', 'fish', 'car', 'gear'];
const data = join(folder, 'relations.jsonl');
const sets = [0, 1].map((r) => ({
  relation: `r${r}`,
  positives: words.map((word, i) => [word, words[(i + 1 + r) % words.length]]),
}));
writeFileSync(data, sets.map((set) => `${JSON.stringify(set)}\n`).join(''));

/** The pairs that a run of one step trains on. */
async function trainedPairs(name: string, validationSeed?: number): Promise<string> {
  const recipe = checkRecipe(
    {
      template: '<subj> <mask> <obj>',
      data: [{ source: data }],
      validationShare: 0.5,
      ...(validationSeed !== undefined && { validationSeed }),
      sampling: { kind: 'relations', parts: [{ relations: 2, positives: 2 }] },
      training: { losses: [{ name: 'infonce' }], steps: 1, learningRate: 1e-3 },
    },
    name,
  );
  const output = join(folder, name);
  const model = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
  for await (const event of distill({ model, output, recipe, threads: 1 })) if (event.kind === 'saved') break;
  return readFileSync(join(output, 'train-pairs.tsv'), 'utf8');
}

describe('validationSeed', () => {
  it('says which pairs are held out: another seed, other pairs; 0 where nothing is said', async () => {
    const unsaid = await trainedPairs('unsaid');
    const [zero, one] = [await trainedPairs('zero', 0), await trainedPairs('one', 1)];
    expect(zero).toBe(unsaid);
    expect(one).not.toBe(zero);
    const count = (text: string) => text.trim().split('\n').length;
    expect([count(zero), count(one)]).toEqual([1 + 2 * 6, 1 + 2 * 6]);
  });
});
