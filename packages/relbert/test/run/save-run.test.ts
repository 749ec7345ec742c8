import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { distill } from '../../src/run/distill.ts';
import { checkRecipe } from '../../src/train/recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-save-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = ['cat', 'ear', 'tail', 'bat', 'jar', 'rat', 'hair', 'leaf'];
const relations = join(folder, 'relations.jsonl');
writeFileSync(
  relations,
  [1, 2]
    .map((apart) => ({ relation: `r${apart}`, positives: words.slice(apart).map((word, i) => [words[i], word]) }))
    .map((set) => `${JSON.stringify({ ...set, negatives: [] })}\n`)
    .join(''),
);
const recipe = checkRecipe(
  {
    template: '<subj> <mask> <obj>',
    pooling: 'average',
    data: [{ source: relations }],
    validationShare: 0,
    sampling: { kind: 'relations', parts: [{ relations: 2, positives: 3 }] },
    training: { losses: [{ name: 'infonce' }], learningRate: 1e-3, warmup: 0, steps: 1 },
  },
  'test',
);
const header = (model: string) => /^---\n(.*?)\nlanguage:/s.exec(readFileSync(join(model, 'README.md'), 'utf8'))?.[1];

it('a run that starts from the folder of another keeps its licence and base model', async () => {
  const base = join(folder, 'base');
  cpSync(fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url)), base, { recursive: true });
  writeFileSync(join(base, 'README.md'), '---\nlicense: mit\nbase_model: org/base\n---\n# Base\n');
  for (const [model, output] of [
    [base, join(folder, 'first')],
    [join(folder, 'first'), join(folder, 'second')],
  ] as const) {
    for await (const _ of distill({ model, output, recipe, threads: 1 }));
    expect(header(output)).toBe('license: mit\nbase_model: org/base');
  }
});
