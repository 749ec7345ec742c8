// Embeds a file of pairs as a stream and writes one JSON line a pair: `node main.mjs pairs.tsv vectors.jsonl`.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { RelationEncoder } from 'relbert';

const [input = 'pairs.tsv', output = 'vectors.jsonl'] = process.argv.slice(2);

async function* readPairs() {
  for await (const line of createInterface({ input: createReadStream(input) })) {
    const [head, tail] = line.split('\t');
    if (line.trim() !== '') yield { head, tail };
  }
}

const encoder = await RelationEncoder.load();
const file = createWriteStream(output);
let count = 0;
for await (const { pairs, data, shape } of encoder.encodeStream(readPairs())) {
  for (const [i, { head, tail }] of pairs.entries()) {
    const vector = Array.from(data.subarray(i * shape[1], (i + 1) * shape[1]));
    if (!file.write(`${JSON.stringify({ head, tail, vector })}\n`)) await once(file, 'drain');
  }
  count += pairs.length;
}
file.end();
await once(file, 'close');
await encoder.dispose();
console.log(`${count} pairs of ${encoder.dimension} numbers in ${output}`);
