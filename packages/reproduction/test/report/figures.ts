import { readFileSync } from 'node:fs';
import { type PaperTables, parsePaperTables } from '../../src/report/paper-tables.ts';
import type { Report, ReportModel } from '../../src/report/report-file.ts';

export const paper: PaperTables = parsePaperTables(
  readFileSync(new URL('../../data/paper-tables.json', import.meta.url), 'utf8'),
);

const interval = { low: 0.25, high: 0.75 };

/** A model whose every figure is made up; `changes` replace what a test is about. */
export function madeUpModel(changes: Partial<ReportModel> = {}): ReportModel {
  const classScores = (f1: number) => ({ precision: f1, recall: f1, f1, support: 10 });
  return {
    name: 'mine',
    group: null,
    model: './mine',
    made: null,
    comparedTo: null,
    encoder: {
      ...{ architecture: 'bert', layers: 6, hiddenSize: 384, parameters: 22_600_000 },
      ...{
        prompt: { kind: 'template', text: '<subj> & <obj>', counts: null },
        pooling: 'difference',
        dimension: 384,
        dtype: 'f32',
      },
    },
    run: {
      started: '2026-01-02T03:04:05.000Z',
      seconds: 12.5,
      seed: 0,
      threads: null,
      machine: { processor: 'a processor', cores: 2, memoryGB: 8, system: 'Linux 6.1' },
      versions: { relbert: '0.1.0' },
    },
    missingWords: 0,
    analogy: [
      {
        ...{ set: 'bats', split: 'test', questions: 100, correct: 80, accuracy: 0.8, interval, chance: 0.25 },
        categories: [{ category: 'encyclopedic', questions: 50, correct: 36, accuracy: 0.72, interval }],
        groups: [{ group: 'UK city:county', category: 'encyclopedic', questions: 10, correct: 5, accuracy: 0.5 }],
        seconds: 2.5,
        command: "relbert evaluate analogy --data bats/test.jsonl --model ./mine --template '<subj> & <obj>'",
      },
    ],
    classification: [
      {
        ...{ set: 'BLESS', features: 'both', macroF1: 0.94, microF1: 0.95, validationMacroF1: 0.9 },
        perClass: { hyper: classScores(0.9), random: classScores(0.98) },
        confusion: {
          labels: ['hyper', 'random'],
          counts: [
            [9, 1],
            [0, 10],
          ],
        },
        classifier: { hidden: 150, learningRate: 1e-4, epochs: 20, loss: 0.1, converged: true, seed: 0 },
        ...{ search: 'grid', seconds: 3, command: 'relbert evaluate classification --data BLESS --grid' },
      },
    ],
    mapping: [
      {
        ...{ set: 'scan', problems: 3, terms: 12, accuracy: 0.5, termAccuracy: 0.25, solved: 0 },
        ...{ proven: true, seconds: 1, command: 'relbert evaluate mapping --data scan.csv' },
      },
    ],
    neighbours: {
      among: 'some pairs',
      candidates: 3,
      queries: [{ pair: ['barista', 'coffee'], neighbours: [{ pair: ['baker', 'bread'], score: 0.5 }] }],
      seconds: 6.5,
      command: 'relbert neighbours barista:coffee --among pairs.tsv',
    },
    map: {
      set: 'BLESS',
      axes: ['first', 'second'],
      relations: ['hyper', 'random'],
      points: [
        [0.1, 0.2, 0, 'cat', 'animal'],
        [0.3, 0.1, 1, 'cat', 'stone'],
      ],
      command: 'relbert plot map BLESS/test.tsv --output map.svg',
    },
    ...changes,
  };
}

export function madeUpReport(models: readonly ReportModel[] = [madeUpModel()]): Report {
  return {
    format: 'relbert-report',
    version: 1,
    created: '2026-01-02T03:04:05.000Z',
    command: "relbert report --data data --template '<subj> & <obj>' --output report",
    skipped: ['scan/ holds <nothing>'],
    data: {
      analogy: [{ set: 'bats', split: 'test', questions: 100 }],
      classification: [{ set: 'BLESS', split: 'train', relations: { hyper: 7, random: 9 } }],
      mapping: [{ set: 'scan', problems: 3, terms: 12 }],
    },
    models: [...models],
  };
}
