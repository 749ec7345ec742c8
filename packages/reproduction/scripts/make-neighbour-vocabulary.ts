/**
 * Makes a large vocabulary of word pairs to search neighbours among, as the paper searched some million pairs of
 * Wikipedia for its Tables 6 and 13:
 *
 *   npx tsx packages/reproduction/scripts/make-neighbour-vocabulary.ts FILE.tsv [PAIRS]
 *
 * writes PAIRS pairs (default 1,000,000) of WordNet, HEAD and TAIL with a tab between them, the same each time. Then
 *
 *   relbert neighbours barista:coffee --among FILE.tsv
 *
 * searches them in one pass, and `relbert embed --pairs FILE.tsv --format npy --output FILE.npy` keeps their vectors for
 * further searches.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseWordNet, WORDNET_FILES } from '../../relbert/src/data/wordnet-database.ts';
import { readWordNetFiles } from '../../relbert/src/node/wordnet-files.ts';
import { wordPairs } from './neighbour-vocabulary/word-pairs.ts';

const [file, number = '1000000'] = process.argv.slice(2);
const wanted = Number(number);
if (!file?.endsWith('.tsv') || !Number.isSafeInteger(wanted) || wanted < 1) {
  throw new Error('usage: npx tsx packages/reproduction/scripts/make-neighbour-vocabulary.ts FILE.tsv [PAIRS]');
}

const output = createWriteStream(file);
let written = 0;
for (const { head, tail } of wordPairs(parseWordNet(await readWordNetFiles(WORDNET_FILES)))) {
  if (written === wanted) break;
  written += 1;
  // Waits where the disk is slower than WordNet.
  if (!output.write(`${head}\t${tail}\n`)) await once(output, 'drain');
}
output.end();
await once(output, 'finish');
console.log(`${written} pairs`);
if (written < wanted) throw new Error(`WordNet gives ${written} pairs, not ${wanted}`);
