// Finds more pairs of a relation: three seeds, a file of candidates, the best first.
import { readFileSync } from 'node:fs';
import { minePairs, nodeRuntime, RelationEncoder } from 'relbert';

const seeds = [
  ['Tokyo', 'Japan'],
  ['Paris', 'France'],
  ['Rome', 'Italy'],
];
const candidates = readFileSync('candidates.tsv', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'));

const encoder = await RelationEncoder.load();
const runtime = nodeRuntime();
// The candidates fit in memory here; an index in a folder (examples/index) is a pool of any size.
const pairs = candidates.map(([head, tail]) => ({ head, tail }));
const { data, shape } = await encoder.encode(pairs);
const pool = {
  sample: async () => data,
  async *blocks() {
    yield { pairs, data, shape };
  },
};
const { data: vectors } = await encoder.encode(seeds);
const examples = seeds.map(([head, tail], i) => ({
  pair: { head, tail },
  vector: vectors.subarray(i * encoder.dimension, (i + 1) * encoder.dimension),
}));
for (const { pair, score } of await minePairs(examples, pool, { runtime, top: 5 })) {
  console.log(`${score.toFixed(3)}  ${pair.head}:${pair.tail}`);
}
await runtime.dispose();
await encoder.dispose();
