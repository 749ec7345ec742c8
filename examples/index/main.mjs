// Builds an index of pairs in a folder once, then finds the pairs that are related as the one asked for.
import { existsSync, readFileSync } from 'node:fs';
import { IndexWriter, indexFolder, nodeRuntime, RelationEncoder, RelationIndex } from 'relbert';

const [head = 'big', tail = 'small'] = (process.argv[2] ?? 'big:small').split(':');
const folder = indexFolder('pairs.index');
const encoder = await RelationEncoder.load();

if (!existsSync('pairs.index')) {
  const pairs = readFileSync('pairs.tsv', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const { prompt, pooling } = encoder.info;
  const model = { name: 'embedded', prompt: prompt.text, template: prompt.kind === 'template', pooling };
  const writer = await IndexWriter.create(folder, { dimension: encoder.dimension, model }, { runtime: nodeRuntime() });
  console.log(await writer.add(encoder.encodeStream(pairs)));
  await writer[Symbol.asyncDispose]();
}

const index = await RelationIndex.open(folder);
const { data: vector } = await encoder.encode([[head, tail]]);
const [neighbours] = await index.search([{ vector, pairs: [{ head, tail }] }], { top: 3 });
for (const { pair, score } of neighbours) console.log(`${score.toFixed(3)}  ${pair.head}:${pair.tail}`);
await index[Symbol.asyncDispose]();
await encoder.dispose();
