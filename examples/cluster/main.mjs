// Groups pairs by their relations and draws a map of the groups.
import { readFileSync, writeFileSync } from 'node:fs';
import { clusterEmbeddings, clusterMap, RelationEncoder } from 'relbert';

const pairs = readFileSync('pairs.tsv', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'))
  .map(([head, tail]) => ({ head, tail }));

const encoder = await RelationEncoder.load();
const embeddings = await encoder.encode(pairs);
await encoder.dispose();
const groups = await clusterEmbeddings(embeddings, { k: 3 });

const names = groups.members.map((members) => members.map((i) => `${pairs[i].head}:${pairs[i].tail}`).join(' '));
for (const [i, name] of names.entries()) console.log(`${i + 1}  ${name}`);
console.log(`stability over starts: ${groups.stability.mean.toFixed(2)}`);
writeFileSync('map.svg', clusterMap(pairs, embeddings, groups, names));
