import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readRecipe } from '../../../relbert/src/run/recipe-file.ts';
import { withSettings } from '../../../relbert/src/train/recipe-settings.ts';
import { readPlannedModels } from '../../src/cli/report-models.ts';
import { parseReport, type ReportModel } from '../../src/report/report-file.ts';
import { reproductionMarkdown, reproductionReport, reproductionSummary } from '../../src/report/reproduction.ts';
import { madeUpReport, paper } from './figures.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('the reproduction', () => {
  it('keeps every figure of the reports, and leaves the maps out', () => {
    const report = madeUpReport();
    const kept = reproductionReport(report, []);
    expect(kept.models[0]?.map).toBeNull();
    expect(kept.models[0]?.analogy).toEqual(report.models[0]?.analogy);
    expect(reproductionMarkdown(kept, paper)).toContain('80.0‡ [25.0, 75.0] (+1.2)');
    expect(parseReport({ file: 'r', text: JSON.stringify(kept) })).toEqual(kept);
  });

  it('has the models in the order of the list, others after them', () => {
    const [model] = madeUpReport().models;
    const named = (name: string) => ({ ...(model as ReportModel), name });
    const report = { ...madeUpReport(), models: ['later', 'mine', 'first', 'other'].map(named) };
    const kept = reproductionReport(report, ['first', 'not measured', 'later']);
    expect(kept.models.map(({ name }) => name)).toEqual(['first', 'later', 'mine', 'other']);
  });

  it('lists models of which each alteration names a model of the list', async () => {
    const models = await readPlannedModels(at('models.json'), { model: '' });
    const names = models.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { comparedTo, made, choice } of models) {
      if (comparedTo !== null) {
        expect(names).toContain(comparedTo);
        // Table 4 is about a category left out; an alteration of another kind has no row there.
        expect(made).toContain('--exclude-relation');
      }
      // What training makes is written where the report looks for it.
      if (made !== null) expect(made).toContain(`--output ${choice.prompt ?? choice.model}`);
    }
  });

  it('takes each loss of the paper away in turn', async () => {
    const models = await readPlannedModels(at('models.json'), { model: '' });
    const ablations = models.filter(({ group }) => group === 'ablation of the losses');
    const kept = ablations.map(
      ({ made }) =>
        /--loss ((?:[a-z]\S* )+)/
          .exec(made ?? '')?.[1]
          ?.trim()
          .split(' ') ?? [],
    );
    const all = ['triplet', 'in-batch', 'category', 'classification'];
    for (const loss of all) expect(kept).toContainEqual(all.filter((other) => other !== loss));
    const recipe = await readRecipe('emnlp2021');
    for (const losses of kept) {
      const trained = withSettings(recipe, {
        'training.losses': losses.map((name) => ({ name })),
        ...(!losses.includes('category') && { 'sampling.category': false }),
      });
      expect(trained.training.losses.map(({ name }) => name)).toEqual(losses);
    }
  });

  it('is what its figures say, nothing else', () => {
    const file = at('results/reproduction.json');
    const report = parseReport({ file, text: readFileSync(file, 'utf8') });
    expect(readFileSync(at('results/reproduction.md'), 'utf8')).toBe(reproductionMarkdown(report, paper));
    expect(readFileSync(at('../../docs/reproduction.md'), 'utf8')).toBe(reproductionSummary(report, paper));
  });

  it('says what fine-tuning at full length gives: the mean of three sets', () => {
    const file = at('results/reproduction.json');
    const report = parseReport({ file, text: readFileSync(file, 'utf8') });
    const [base] = report.models;
    const own = (name: string, correct: readonly number[]) => ({
      ...(base as (typeof report.models)[number]),
      name,
      analogy: (base as (typeof report.models)[number]).analogy
        .filter(({ set, split }) => split === 'test' && ['u2', 'google', 'bats'].includes(set))
        .map((figures, i) => ({ ...figures, accuracy: correct[i] as number })),
    });
    const models = [
      own('vanilla, template b', [0.3, 0.3, 0.6]),
      own("paper's recipe, template b", [0.4, 0.5, 0.75]),
      { ...own("paper's recipe, without the triplet loss", [0.4, 0.4, 0.4]), group: 'ablation of the losses' },
    ];
    const text = reproductionSummary({ ...report, models }, paper);
    expect(text).toContain('Rows "paper\'s recipe" (2)');
    expect(text).toContain('template b 40.0 → 55.0.\n');
    expect(text).toContain('without the triplet loss 40.0.\n');
  });
});
