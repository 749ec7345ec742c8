/**
 * Few examples a label: nearest centroid, shrunk discriminant and MLP, macro F1 on validation pairs.
 *
 *   npm run bench:few-shot -- --data DIR/BLESS [--pairs 5 --pairs 10 ...] [--draws 3] [--judged 400]
 *
 * Each draw takes other training pairs, so many of each label; the same validation pairs judge all. The MLP has its
 * default settings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linearScores, nearestCentroid, shrunkDiscriminant } from '../../relbert/src/classify/linear.ts';
import { parseLexicalRelations } from '../../relbert/src/data/lexical-relation.ts';
import { Random } from '../../relbert/src/data/random.ts';
import {
  DEFAULT_SETTINGS,
  firstGreatest,
  predictClasses,
  trainClassifiers,
} from '../../relbert/src/evaluate/classifier.ts';
import type { Classifier, FeatureMatrix } from '../../relbert/src/evaluate/classifier-model.ts';
import { classificationScores } from '../../relbert/src/evaluate/metrics.ts';
import { embeddingFeatures } from '../../relbert/src/evaluate/pair-features.ts';
import { RelationEncoder } from '../../relbert/src/index.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    pairs: { type: 'string', multiple: true, default: ['5', '10', '20', '50'] },
    draws: { type: 'string', default: '3' },
    judged: { type: 'string', default: '400' },
  },
});
const folder = values.data;
if (folder === undefined) throw new Error('--data DIR names a folder with train.tsv and val.tsv');
const read = (split: string) => {
  const file = join(folder, `${split}.tsv`);
  return parseLexicalRelations({ file, text: readFileSync(file, 'utf8') });
};
const train = read('train');
const judged = new Random(0).shuffle(read('val')).slice(0, Number(values.judged));
const labels = [...new Set(train.map(({ relation }) => relation))];
const truth = judged.map(({ relation }) => relation);
await using encoder = await RelationEncoder.load();
const runtime = nodeRuntime();
const features = (pairs: typeof train): Promise<FeatureMatrix> =>
  embeddingFeatures(pairs, (some) => encoder.encode(some), 'both');
const asked = await features(judged);

const linear = (learn: typeof nearestCentroid) => async (rows: FeatureMatrix, of: readonly string[]) => {
  const classifier = learn(rows, of);
  const scores = linearScores(classifier, asked);
  const k = classifier.classes.length;
  return judged.map((_, i) => classifier.classes[firstGreatest(scores.subarray(i * k, (i + 1) * k))] as string);
};
const methods = {
  centroid: linear(nearestCentroid),
  lda: linear(shrunkDiscriminant),
  mlp: async (rows: FeatureMatrix, of: readonly string[]) => {
    const [classifier] = await trainClassifiers(runtime, rows, of, [DEFAULT_SETTINGS], { threads: 1 });
    return predictClasses(runtime, classifier as Classifier, asked);
  },
};
console.log(`${labels.length} labels, ${judged.length} validation pairs, mean macro F1 % of ${values.draws} draws`);
for (const count of values.pairs.map(Number)) {
  const sums: Record<string, number> = {};
  for (let draw = 0; draw < Number(values.draws); draw++) {
    const order = new Random(draw).shuffle([...train]);
    const drawn = labels.flatMap((label) => order.filter(({ relation }) => relation === label).slice(0, count));
    const rows = await features(drawn);
    for (const [name, predict] of Object.entries(methods)) {
      const found = await predict(
        rows,
        drawn.map(({ relation }) => relation),
      );
      sums[name] = (sums[name] ?? 0) + classificationScores(truth, found).macroF1;
    }
  }
  const means = Object.entries(sums).map(([name, sum]) => `${name} ${((100 * sum) / Number(values.draws)).toFixed(1)}`);
  console.log(`${count} pairs a label: ${means.join(', ')}`);
}
await runtime.dispose();
