/**
 * Few examples a label: nearest centroid, shrunk discriminant and MLP, macro F1 on validation pairs, and from how many
 * pairs on each method is the best over all sets: the thresholds of `classify fit --method auto`.
 *
 *   npm run bench:few-shot -- --data DIR/BLESS [--data DIR/EVALution ...] [--pairs 5 --pairs 10 ...] [--draws 5] [--judged 400]
 *
 * Each draw takes other training pairs, so many of each label; the same validation pairs judge all. The MLP has its
 * default settings. No test pair is read.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linearScores, nearestCentroid, shrunkDiscriminant } from '../../relbert/src/classify/linear.ts';
import { parseLexicalRelations } from '../../relbert/src/data/lexical-relation.ts';
import { Random } from '../../relbert/src/data/random.ts';
import { DEFAULT_SETTINGS, predictClasses, trainClassifiers } from '../../relbert/src/evaluate/classifier.ts';
import type { Classifier, FeatureMatrix } from '../../relbert/src/evaluate/classifier-model.ts';
import { firstMaximum } from '../../relbert/src/evaluate/first-maximum.ts';
import { classificationScores } from '../../relbert/src/evaluate/metrics.ts';
import { embeddingFeatures } from '../../relbert/src/evaluate/pair-features.ts';
import { RelationEncoder } from '../../relbert/src/index.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import type { WordPair } from '../../relbert/src/pair/word-pair.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    pairs: { type: 'string', multiple: true, default: ['5', '10', '15', '20', '30', '40', '50', '75'] },
    draws: { type: 'string', default: '5' },
    judged: { type: 'string', default: '400' },
  },
});
if (values.data.length === 0) throw new Error('--data DIR names a folder with train.tsv and val.tsv');
const counts = values.pairs.map(Number);
const draws = Number(values.draws);
await using encoder = await RelationEncoder.load();
const runtime = nodeRuntime();
const features = (pairs: readonly WordPair[]): Promise<FeatureMatrix> =>
  embeddingFeatures(pairs, (some) => encoder.encode(some), 'both');

type Predict = (rows: FeatureMatrix, of: readonly string[], asked: FeatureMatrix) => Promise<readonly string[]>;
const linear =
  (learn: typeof nearestCentroid | typeof shrunkDiscriminant): Predict =>
  async (rows, of, asked) => {
    const classifier = await learn(rows, of);
    const scores = linearScores(classifier, asked);
    const k = classifier.classes.length;
    return Array.from(
      { length: asked.shape[0] },
      (_, i) => classifier.classes[firstMaximum(scores.subarray(i * k, (i + 1) * k))] as string,
    );
  };
const methods: readonly (readonly [name: string, predict: Predict])[] = [
  ['centroid', linear(nearestCentroid)],
  ['lda', linear(shrunkDiscriminant)],
  [
    'mlp',
    async (rows, of, asked) => {
      const [classifier] = await trainClassifiers(runtime, rows, of, [DEFAULT_SETTINGS], { threads: 1 });
      return predictClasses(runtime, classifier as Classifier, asked);
    },
  ],
];

/** Mean macro F1 % of one set: a row for each count of pairs, in the order of the methods. */
async function scoresOf(folder: string): Promise<number[][]> {
  const read = (split: string) => {
    const file = join(folder, `${split}.tsv`);
    return parseLexicalRelations({ file, text: readFileSync(file, 'utf8') });
  };
  const train = read('train');
  const judged = new Random(0).shuffle(read('val')).slice(0, Number(values.judged));
  const labels = [...new Set(train.map(({ relation }) => relation))];
  const truth = judged.map(({ relation }) => relation);
  const asked = await features(judged);
  console.log(
    `${folder}: ${labels.length} labels, ${judged.length} validation pairs, mean macro F1 % of ${draws} draws`,
  );
  const table = counts.map(() => methods.map(() => 0));
  for (let draw = 0; draw < draws; draw++) {
    const order = new Random(draw).shuffle([...train]);
    for (const [i, count] of counts.entries()) {
      const drawn = labels.flatMap((label) => order.filter(({ relation }) => relation === label).slice(0, count));
      const rows = await features(drawn);
      const of = drawn.map(({ relation }) => relation);
      for (const [m, [, predict]] of methods.entries()) {
        const { macroF1 } = classificationScores(truth, await predict(rows, of, asked));
        (table[i] as number[])[m] = ((table[i] as number[])[m] as number) + (100 * macroF1) / draws;
      }
    }
  }
  for (const [i, row] of table.entries()) {
    console.log(`${counts[i]} pairs a label: ${row.map((f1, m) => `${methods[m]?.[0]} ${f1.toFixed(1)}`).join(', ')}`);
  }
  return table;
}

const tables: number[][][] = [];
for (const folder of values.data) tables.push(await scoresOf(folder));
await runtime.dispose();

const lists = [...counts.keys(), counts.length];
const choices = lists.flatMap((lda) =>
  lists
    .filter((mlp) => mlp >= lda)
    .map((mlp) => {
      const chosen = tables.flatMap((table) => table.map((row, i) => row[i < lda ? 0 : i < mlp ? 1 : 2] as number));
      return { lda, mlp, mean: chosen.reduce((sum, f1) => sum + f1, 0) / chosen.length };
    }),
);
choices.sort((a, b) => b.mean - a.mean);
const from = (i: number) => (i === counts.length ? 'never' : `from ${counts[i]}`);
for (const { lda, mlp, mean } of choices.slice(0, 5)) {
  console.log(`lda ${from(lda)}, mlp ${from(mlp)} pairs a label: mean ${mean.toFixed(2)}`);
}
