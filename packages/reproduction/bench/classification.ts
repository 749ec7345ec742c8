/**
 * The classifier beside scikit-learn on the same features: macro F1 over seeds, and the time of the whole grid.
 *
 *   npm run bench:classification -- [--set EVALution ...] [--model DIR] [--seeds 5] [--no-grid] [--threads 2] [--rounds 1]
 *
 * Needs ../shared and a Python with scikit-learn (PYTHON, default python3). Both sides run in turn; the ratios carry
 * over to another machine, the seconds do not.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type LabelledPair, lexicalRelationSet } from '../../relbert/src/data/lexical-relation.ts';
import {
  DEFAULT_SETTINGS,
  predictClasses,
  SETTINGS_GRID,
  trainClassifiers,
} from '../../relbert/src/evaluate/classifier.ts';
import type { FeatureMatrix } from '../../relbert/src/evaluate/classifier-model.ts';
import { classificationScores } from '../../relbert/src/evaluate/metrics.ts';
import { embeddingFeatures } from '../../relbert/src/evaluate/pair-features.ts';
import { littleEndianBytes, npyHeader } from '../../relbert/src/formats/npy.ts';
import { RelationEncoder } from '../../relbert/src/index.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import { runPython } from './python.ts';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const { values } = parseArgs({
  allowNegative: true,
  options: {
    set: { type: 'string', multiple: true, default: ['EVALution'] },
    model: { type: 'string', default: join(shared, 'models/all-MiniLM-L6-v2') },
    template: { type: 'string', default: '<subj> and <obj>' },
    pooling: { type: 'string', default: 'average+difference' },
    seeds: { type: 'string', default: '5' },
    grid: { type: 'boolean', default: true },
    rounds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
});
const seeds = Number(values.seeds);
const threads = Number(values.threads);
const runtime = nodeRuntime();

interface Split {
  readonly features: FeatureMatrix;
  readonly labels: readonly string[];
}

async function splitsOf(name: string): Promise<Readonly<Record<'train' | 'val' | 'test', Split>>> {
  const file = (split: string) => {
    const path = join(shared, 'data/lexical_relation', name, `${split}.tsv`);
    return { file: path, text: readFileSync(path, 'utf8') };
  };
  const set = lexicalRelationSet({ train: file('train'), validation: file('val'), test: file('test') });
  await using encoder = await RelationEncoder.load(values.model, {
    template: values.template,
    pooling: values.pooling as 'average+difference',
    threads,
  });
  const split = async (pairs: readonly LabelledPair[]): Promise<Split> => ({
    features: await embeddingFeatures(pairs, (distinct) => encoder.encode(distinct), 'both'),
    labels: pairs.map(({ relation }) => relation),
  });
  return { train: await split(set.train), val: await split(set.validation ?? []), test: await split(set.test) };
}

function python(...args: string[]): Record<string, number[]> & { seconds: number } {
  const output = runPython('../parity/classification.py', args, { threads });
  return JSON.parse(output) as Record<string, number[]> & { seconds: number };
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const percent = (numbers: readonly number[]) => numbers.map((value) => (100 * value).toFixed(1)).join(' ');

async function macroF1(classifier: Awaited<ReturnType<typeof trainClassifiers>>[number], { features, labels }: Split) {
  return classificationScores(labels, await predictClasses(runtime, classifier, features, { threads })).macroF1;
}

for (const name of values.set) {
  const splits = await splitsOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
  try {
    for (const [split, { features, labels }] of Object.entries(splits)) {
      const bytes = [npyHeader(features.shape), littleEndianBytes(features.data)];
      writeFileSync(join(folder, `${split}.npy`), Buffer.concat(bytes));
      writeFileSync(join(folder, `${split}.txt`), labels.map((label) => `${label}\n`).join(''));
    }
    const { train, val, test } = splits;
    console.log(`${name}: ${train.labels.length} pairs, ${train.features.shape[1]} features, ${threads} threads`);
    if (seeds > 0) {
      const own: number[] = [];
      const epochs: number[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        const [classifier] = await trainClassifiers(runtime, train.features, train.labels, [DEFAULT_SETTINGS], {
          seed,
          threads,
        });
        own.push(await macroF1(classifier!, test));
        epochs.push(classifier!.losses.length);
      }
      const other = python(folder, 'seeds', String(seeds));
      console.log(
        `  macro F1 %, relbert:      ${percent(own)}, mean ${percent([mean(own)])}; epochs ${epochs.join(' ')}`,
      );
      console.log(
        `  macro F1 %, scikit-learn: ${percent(other['macroF1']!)}, mean ${percent([mean(other['macroF1']!)])}; epochs ${other['epochs']!.join(' ')}`,
      );
      console.log(`  difference of the means: ${(100 * (mean(own) - mean(other['macroF1']!))).toFixed(2)} points`);
    }
    for (let round = 0; values.grid && round < Number(values.rounds); round++) {
      const start = performance.now();
      const classifiers = await trainClassifiers(runtime, train.features, train.labels, SETTINGS_GRID, { threads });
      const validation: number[] = [];
      for (const classifier of classifiers) validation.push(await macroF1(classifier, val));
      const seconds = (performance.now() - start) / 1000;
      const other = python(folder, 'grid');
      console.log(
        `  grid, relbert:      ${seconds.toFixed(1)} s; validation ${percent(validation)}; epochs ${classifiers.map((own) => own.losses.length).join(' ')}`,
      );
      console.log(
        `  grid, scikit-learn: ${other.seconds.toFixed(1)} s; validation ${percent(other['validation']!)}; epochs ${other['epochs']!.join(' ')}`,
      );
      console.log(`  ratio: ${(other.seconds / seconds).toFixed(2)}x`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
await runtime.dispose();
