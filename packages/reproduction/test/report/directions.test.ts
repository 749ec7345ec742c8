import { describe, expect, it } from 'vitest';
import { directions, directionTable } from '../../src/report/directions.ts';
import { meanAccuracy } from '../../src/report/mean-accuracy.ts';
import type { ReportModel } from '../../src/report/report-file.ts';
import { madeUpModel, madeUpReport, paper } from './figures.ts';

const [figures] = madeUpModel().analogy;
const [classified] = madeUpModel().classification;
const [encoder] = [madeUpModel().encoder];

type Kind = 'template' | 'trigger' | 'soft';

/** Accuracies in percent: validation of U2, Google and BATS, then test of U2 and BATS. */
function model(
  name: string,
  kind: Kind,
  valid: number,
  [u2, bats]: readonly [number, number],
  macroF1 = 80,
): ReportModel {
  const own = (set: string, split: string, accuracy: number) => ({
    ...(figures as NonNullable<typeof figures>),
    ...{ set, split, accuracy: accuracy / 100, categories: [], groups: [] },
  });
  return madeUpModel({
    name,
    group: kind === 'template' ? 'fine-tuned, manual templates' : 'fine-tuned, learned prompts',
    encoder: {
      ...(encoder as NonNullable<typeof encoder>),
      prompt: { kind, text: name, counts: null },
    },
    analogy: [
      ...['u2', 'google', 'bats'].map((set) => own(set, 'valid', valid)),
      own('u2', 'test', u2),
      own('bats', 'test', bats),
    ],
    classification: [{ ...(classified as NonNullable<typeof classified>), macroF1: macroF1 / 100 }],
  });
}

const models = [
  model("paper's recipe, template a", 'template', 50, [40, 60], 90),
  model("paper's recipe, template b", 'template', 40, [70, 70]),
  model("paper's recipe, AutoPrompt", 'trigger', 60, [37, 65], 91),
  // Not the paper's whole recipe: it stands for no prompt.
  model('paper, 24 steps, P-tuning', 'soft', 60, [99, 99]),
];

describe('directions', () => {
  it('compares the template that validation chose with the learned prompts, set by set', () => {
    const found = directions(madeUpReport(models), paper).filter(({ comparison }) => comparison.includes('analogies'));
    expect(found.map(({ comparison, of }) => [comparison, of])).toEqual([
      ['Manual above AutoPrompt, analogies', 'U2'],
      ['Manual above AutoPrompt, analogies', 'BATS'],
    ]);
    expect(found.map(({ here }) => Math.round(here))).toEqual([3, -5]);
    // Table 7: U2 66.2 and 61.4, 41.2 and 36.8, 42.1 and 36.4.
    const [u2] = found;
    expect(u2?.paper.RoBERTa).toBeCloseTo(4.8);
    expect(u2?.paper.BERT).toBeCloseTo(4.4);
    expect(u2?.paper.ALBERT).toBeCloseTo(5.7);
  });

  it('compares SAT once, by its test questions', () => {
    const [, , prompts] = models;
    const withSat = [models[0], prompts].map((own) => {
      const sat = { ...(figures as NonNullable<typeof figures>), set: 'sat', split: 'test' };
      return { ...(own as ReportModel), analogy: [sat] };
    });
    expect(directions(madeUpReport(withSat), paper).map(({ of }) => of)).toEqual(['SAT', 'BLESS/macro']);
  });

  it('says with which of the language models of the paper a difference agrees, and counts', () => {
    const table = directionTable(madeUpReport(models), paper);
    const rows = table?.rows.map(({ label, cells }) => [label, ...cells.map(({ value }) => value)]);
    expect(rows).toContainEqual([
      'Manual above AutoPrompt, analogies',
      'BATS',
      '+4.2',
      '+24.4',
      '+34.4',
      '−5.0',
      'none',
    ]);
    // Table 8: BLESS macro F1, RoBERTa 91.7 and 91.9, BERT 90.9 and 90.3, ALBERT 86.2 and 88.4.
    expect(rows).toContainEqual([
      ...['Manual above AutoPrompt, classification', 'BLESS/macro', '−0.2', '+0.6', '−2.2', '−1.0'],
      'RoBERTa, ALBERT',
    ]);
    expect(table?.notes[0]).toContain(
      'Manual above AutoPrompt, analogies: 1 of 2; Manual above AutoPrompt, classification: 1 of 1.',
    );
    expect(table?.notes[1]).toContain('"paper\'s recipe, template a"');
  });

  it('knows the sets by the names of the paper, and claims no choice where there are no validation questions', () => {
    const named = (change: (set: string) => string, split?: string) =>
      models.map((own) => ({
        ...own,
        analogy: own.analogy
          .filter((figure) => figure.split !== split)
          .map((figure) => ({ ...figure, set: change(figure.set) })),
      }));
    const noteOf = (own: ReportModel[]) => directionTable(madeUpReport(own.toReversed()), paper)?.notes[1];
    const chosen = '"paper\'s recipe, template a", the best on the validation questions of U2, Google and BATS.';
    expect(noteOf(named((set) => set.toUpperCase()))).toContain(chosen);
    const without = noteOf(named((set) => set, 'valid'));
    expect(without).toBe('Manual is "paper\'s recipe, template b".');
    expect(meanAccuracy(madeUpModel({ analogy: [] }), 'test')).toBeUndefined();
  });

  it('compares categories of a set, and classes without a category of the training relations', () => {
    const whole = madeUpModel({ name: "paper's recipe, template a", group: 'fine-tuned, manual templates' });
    const [bats] = whole.analogy;
    const category = (name: string, accuracy: number) => ({
      ...{ category: name, questions: 9, correct: 3, accuracy, interval: { low: 0, high: 1 } },
    });
    const manual = {
      ...whole,
      analogy: [
        ...[
          {
            ...(bats as NonNullable<typeof bats>),
            categories: [category('lexical', 0.4), category('encyclopedic', 0.5)],
          },
        ],
      ],
    };
    const [bless] = whole.classification;
    const without = madeUpModel({
      ...{ name: "paper's recipe without Class Inclusion", group: 'without a category', comparedTo: whole.name },
      classification: [
        {
          ...(bless as NonNullable<typeof bless>),
          macroF1: 0.95,
          perClass: { hyper: { precision: 1, recall: 1, f1: 0.88, support: 1 } },
        },
      ],
    });
    const found = directions(madeUpReport([manual, without]), paper);
    expect(found.map(({ comparison, of, here }) => [comparison, of, Math.round(here)])).toEqual([
      ['one category above another, Manual', 'BATS: encyclopedic above lexical', 10],
      // Table 4, BLESS: hypernyms +0.8, macro +0.5.
      ['without Class Inclusion above with it', 'BLESS: hyp', -2],
      ['without Class Inclusion above with it', 'BLESS: macro', 1],
    ]);
    expect(found.map((direction) => direction.paper.RoBERTa)).toEqual([expect.closeTo(66.2 - 75.1), 0.8, 0.5]);
  });

  it('is no table where there is nothing to compare', () => {
    expect(directionTable(madeUpReport([madeUpModel()]), paper)).toBeUndefined();
  });
});
