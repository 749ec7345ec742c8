/**
 * Resident memory while pairs stream through an encoder.
 *
 *   npm run bench:memory -- [--model DIR] [--pairs 1000000]
 *
 * Prints the resident set in MB after every tenth, and the growth from the first tenth to the last.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RelationEncoder, type WordPair } from '../../relbert/src/index.ts';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../relbert/test/fixtures/encoder/bert', import.meta.url)),
    },
    pairs: { type: 'string', default: '1000000' },
  },
});
const total = Number(values.pairs);

async function* generated(): AsyncGenerator<WordPair> {
  for (let i = 0; i < total; i++) yield { head: `w${i % 9973}`, tail: `v${i}` };
}

await using encoder = await RelationEncoder.load(values.model, {
  template: '<subj> is to <obj>',
  pooling: 'difference',
});
const marks: number[] = [];
let seen = 0;
let peak = 0;
const start = performance.now();
for await (const block of encoder.encodeStream(generated())) {
  seen += block.pairs.length;
  const resident = process.memoryUsage.rss() / 1e6;
  peak = Math.max(peak, resident);
  if (seen >= ((marks.length + 1) * total) / 10) {
    marks.push(resident);
    console.error(`${seen} pairs, ${resident.toFixed(0)} MB, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
}
const growth = (marks.at(-1) as number) - (marks[0] as number);
console.log(
  `${seen} pairs: peak ${peak.toFixed(0)} MB, last tenth against first ${growth >= 0 ? '+' : ''}${growth.toFixed(0)} MB`,
);
