/**
 * How far embeddings in 8 bits are from those in float32: the relative error of a pair's embedding, as the root of the mean
 * square over pairs, and the greatest.
 *
 *   npm run bench:int8 -- [--data ../shared/data/analogy] [--pairs 800] MODEL[=TEMPLATE] ...
 *
 * MODEL is a folder with weights in 16 or 32 bits, TEMPLATE a letter or a text (pooling average_no_mask with a letter,
 * difference with a text; without it the checkpoint's own). The pairs are those of the validation questions of BATS, U2 and
 * Google. Other settings are tried by changing `calibrationPairs` (encoder/calibration.ts) and `margin` and `migrated`
 * (models/int8.ts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAnalogyQuestions } from '../../relbert/src/data/analogy.ts';
import { type LoadOptions, RelationEncoder } from '../../relbert/src/index.ts';
import { deduplicatePairs } from '../../relbert/src/pair/pair-key.ts';
import type { WordPair } from '../../relbert/src/pair/word-pair.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '../shared/data/analogy' },
    pairs: { type: 'string', default: '800' },
  },
});
if (positionals.length === 0) throw new Error('which models? npm run bench:int8 -- MODEL MODEL=a');
const asked = ['bats', 'u2', 'google'].flatMap((set) => {
  const file = join(values.data, set, 'valid.jsonl');
  return parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') }).flatMap(({ stem, choices }) => [
    stem,
    ...choices,
  ]);
});
const pairs: readonly WordPair[] = deduplicatePairs(asked).distinct.slice(0, Number(values.pairs));

async function embed(model: string, options: LoadOptions): Promise<Float32Array> {
  await using encoder = await RelationEncoder.load(model, options);
  return (await encoder.encode(pairs)).data;
}

console.log(`${pairs.length} pairs\n\n| model, template | root mean square | greatest |\n| --- | --: | --: |`);
for (const positional of positionals) {
  const [model = '', ...rest] = positional.split('=');
  const template = rest.length > 0 ? rest.join('=') : undefined;
  const options: LoadOptions =
    template === undefined ? {} : { template, pooling: template.length === 1 ? 'average_no_mask' : 'difference' };
  const exact = await embed(model, options);
  const found = await embed(model, { ...options, dtype: 'int8' });
  const dimension = exact.length / pairs.length;
  const errors = pairs.map((_, row) => {
    let [difference, norm] = [0, 0];
    for (let i = row * dimension; i < (row + 1) * dimension; i++) {
      difference += ((found[i] as number) - (exact[i] as number)) ** 2;
      norm += (exact[i] as number) ** 2;
    }
    return Math.sqrt(difference / norm);
  });
  const mean = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  console.log(`| ${positional} | ${mean.toFixed(4)} | ${Math.max(...errors).toFixed(3)} |`);
}
