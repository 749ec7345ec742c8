import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { command } from '../../src/cli/command.ts';
import { type DistillFlags, distillOptions, flagSettings } from '../../src/cli/distill-options.ts';
import { addDeclared } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { checkRecipe, RecipeError } from '../../src/train/recipe.ts';
import type { Recipe } from '../../src/train/recipe-schema.ts';
import { parseSetting, withSettings } from '../../src/train/recipe-settings.ts';

/** What the recipe becomes with flags given on the command line. */
async function withFlags(base: Recipe, ...args: readonly string[]): Promise<Recipe> {
  let given: DistillFlags | undefined;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const declared = command({
    ...{ name: 'distill', summary: '', description: '', options: distillOptions, examples: [] },
    run: async (_, flags) => {
      given = flags;
    },
  });
  addDeclared(program, declared, {} as Terminal);
  await program.parseAsync(['distill', '--model', 'm', '--output', 'o', ...args], { from: 'user' });
  const flags = given as unknown as DistillFlags;
  return withSettings(base, flagSettings(flags, base, (flags.set ?? []).map(parseSetting)));
}

const relations = checkRecipe(
  {
    data: [{ source: 'semeval2012', top: 7 }, { source: 'wordnet' }],
    excludeRelations: ['w'],
    sampling: {
      kind: 'relations',
      parts: [
        { data: ['semeval2012'], relations: 6, positives: 3, negatives: 2 },
        { data: ['wordnet'], relations: 2, positives: 5 },
      ],
    },
    training: { losses: [{ name: 'infonce', temperature: 0.3 }], learningRate: 1e-4, every: 40, epochs: 3 },
  },
  'relations',
);
const triples = checkRecipe({ ...relations, sampling: { kind: 'triples', relations: 64 } }, 'triples');
const similarity = { name: 'similarity', weight: 1, temperature: 0.1 };

describe('everyday flags', () => {
  it.each<[string[], Partial<Record<keyof Recipe, unknown>>]>([
    [['--template', 'c'], { template: 'c' }],
    [['--pooling', 'cls'], { pooling: 'cls' }],
    [['--exclude-relation', 'x', 'y'], { excludeRelations: ['w', 'x', 'y'] }],
    [['--batch', '32'], { sampling: { parts: [{ relations: 24 }, { relations: 8 }] } }],
    [['--loss', 'infonce:2', 'infoloob'], { training: { losses: [{ temperature: 0.3, weight: 2 }, { weight: 1 }] } }],
    [['--teacher', 'big'], { teacher: { model: 'big', pairs: [] }, training: { losses: [similarity] } }],
    [
      ['--teacher', 'big', '--pairs', 'q.tsv', 'r.tsv', '--loss', 'infonce', 'similarity:3'],
      { teacher: { pairs: ['q.tsv', 'r.tsv'] }, training: { losses: [{ temperature: 0.3 }, { weight: 3 }] } },
    ],
    [['--steps', '48'], { training: { steps: 48 } }],
    [['--epochs', '4.9'], { training: { epochs: 4.9 } }],
    [['--lr', '0.05'], { training: { learningRate: 0.05 } }],
    [['--seed', '-62'], { training: { seed: -62 } }],
    [['--every', '60'], { training: { every: 60 } }],
    [['--every', 'null'], { training: { every: null } }],
    [['--set', 'training.clip=5', '--set', 'data.0.top=9'], { training: { clip: 5 }, data: [{ top: 9 }, {}] }],
  ])('%j', async (args, expected) => {
    const result = await withFlags(relations, ...args);
    expect(result).toMatchObject(expected);
    for (const key of Object.keys(relations) as (keyof Recipe)[]) {
      if (!(key in expected)) expect(result[key], key).toEqual(relations[key]);
    }
  });

  it('set nothing where none is given', async () => {
    expect(await withFlags(relations)).toEqual(relations);
    expect(await withFlags(triples)).toEqual(triples);
  });

  it('set back what a recipe has set', async () => {
    const taught = await withFlags(
      relations,
      '--teacher',
      'big',
      '--pairs',
      'p.tsv',
      '--template',
      'b',
      '--pooling',
      'cls',
    );
    expect(await withFlags(taught, '--template', 'none', '--pooling', 'none')).toMatchObject({
      template: null,
      pooling: null,
    });
    expect((await withFlags(taught, '--pairs', 'none')).teacher?.pairs).toEqual([]);
    expect((await withFlags(taught, '--teacher', 'none', '--loss', 'infonce')).teacher).toBeNull();
  });

  it('take other data as one part of the same size', async () => {
    const part = {
      data: null,
      relations: 8,
      positives: 3,
      negatives: 2,
      balance: 0,
      mixed: false,
      sharing: 0,
      labelled: true,
    };
    const other = await withFlags(relations, '--data', 'c.tsv', 'semeval2012', '--set', 'data.1.bottom=4');
    expect(other.data).toEqual([{ source: 'c.tsv' }, { source: 'semeval2012', top: 7, bottom: 4 }]);
    expect(other.sampling).toEqual({ kind: 'relations', parts: [part] });
    const four = { kind: 'relations', parts: [{ ...part, relations: 4, positives: 2 }] };
    expect(
      (await withFlags(relations, '--batch', '4', '--data', 'c.tsv', '--set', 'sampling.parts.*.positives=2')).sampling,
    ).toEqual(four);
    expect((await withFlags(relations, '--data', 'wordnet', 'semeval2012')).sampling).toEqual(relations.sampling);
    expect((await withFlags(triples, '--data', 'c.tsv', '--batch', '5')).sampling).toMatchObject({ relations: 5 });
  });

  it.each([
    [['--lr', '1', '--set', 'training.learningRate=2'], '--lr and --set training.learningRate set the same'],
    [['--lr', '1', '--set', 'training={}'], '--lr and --set training set the same'],
    [['--batch', '3', '--set', 'sampling.kind=triples'], '--batch and --set sampling.kind set the same'],
    [['--exclude-relation', 'x', '--set', 'excludeRelations=[]'], '--exclude-relation and --set excludeRelations'],
    [['--batch', 'many'], "--batch should be a number above 0, got 'many'"],
    [['--set', 'training.clip'], 'a setting is PATH=VALUE'],
  ])('refuse %j', async (args, message) => {
    await expect(withFlags(relations, ...args)).rejects.toThrow(message);
  });

  it.each([
    [['--loss', 'infonse'], /training\.losses\.0\.name: expected one of .*got 'infonse' \(did you mean infonce/],
    [['--loss', 'infonce:much'], "training.losses.0.weight: expected number, got 'much'"],
    [['--pairs', 'p.tsv'], 'teacher.model: expected string, got nothing'],
    [['--lr', 'fast'], "training.learningRate: expected number, got 'fast'"],
    [['--pooling', 'clss'], /pooling: expected one of .*got 'clss' \(did you mean cls/],
  ])('refuse what the recipe refuses: %j', async (args, message) => {
    await expect(withFlags(relations, ...args)).rejects.toThrow(RecipeError);
    await expect(withFlags(relations, ...args)).rejects.toThrow(message);
  });
});
