// Learns two relations from a file of head, tail, label, keeps the classifier, and labels other pairs with it.
import { existsSync, readFileSync } from 'node:fs';
import { RelationClassifier } from 'relbert';

if (!existsSync('relations')) {
  const examples = readFileSync('examples.tsv', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([head, tail, label]) => ({ head, tail, label }));
  const fitted = await RelationClassifier.fit(examples, { other: 0.5 });
  console.log(fitted.info.method, fitted.info.figures.scores?.macroF1);
  await fitted.save('relations');
  await fitted.dispose();
}

const classifier = await RelationClassifier.load('relations');
const asked = process.argv.slice(2).map((pair) => pair.split(':'));
if (asked.length === 0) asked.push(['Madrid', 'Spain'], ['wet', 'dry']);
for (const { head, tail, label, probability } of await classifier.predict(asked)) {
  console.log(`${head}:${tail} ${label} ${probability.toFixed(2)}`);
}
await classifier.dispose();
