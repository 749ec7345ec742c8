/**
 * Makes analogy questions in which words are shared on purpose, from lexical relation classification data:
 *
 *   npx tsx packages/reproduction/scripts/make-shared-word-questions.ts FOLDER OUT.jsonl [SEED] [valid|test]
 *
 * FOLDER holds train.tsv, val.tsv and test.tsv (head, tail, relation). Stem (a, b) of relation R, four choices. Kind
 * `apart`: the right pair has relation R and neither word of the stem; kind `shared`: it has relation R and one word of
 * the stem. Wrong in both kinds: two pairs that share a word with the stem and have another relation, and one pair of
 * another relation without a shared word. A model that avoids shared words fails `shared`, a model that follows words
 * fails `apart`; chance is 25 %. `prefix` is `R/apart` or `R/shared`.
 *
 * SEED is 1 by default. With valid or test, only stems whose head falls into that half (a hash of the head decides), so
 * that the two share no stem. The same data and seed give the same file, that of shared_word/make.py.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PythonRandom } from './shared-word/python-random.ts';
import { questionLine, sharedWordQuestions } from './shared-word/questions.ts';

const [folder, output, seed = '1', half] = process.argv.slice(2);
if (!folder || !output || !/^\d+$/.test(seed) || (half !== undefined && half !== 'valid' && half !== 'test')) {
  throw new Error(
    'usage: npx tsx packages/reproduction/scripts/make-shared-word-questions.ts FOLDER OUT.jsonl [SEED] [valid|test]',
  );
}
const questions = sharedWordQuestions(readRows(folder), new PythonRandom(Number(seed)), half);
writeFileSync(output, questions.map((question) => `${questionLine(question)}\n`).join(''));
const countOf = (kind: string) => questions.filter(({ prefix }) => prefix.endsWith(`/${kind}`)).length;
console.log(`${output}: ${questions.length} questions, ${countOf('apart')} apart, ${countOf('shared')} shared`);

/** Head, tail and relation of every line with three fields and two different words. */
function readRows(path: string): string[][] {
  const files = ['train', 'val', 'test'].map((split) => join(path, `${split}.tsv`)).filter((file) => existsSync(file));
  if (files.length === 0) throw new Error(`${path}: holds none of train.tsv, val.tsv and test.tsv`);
  return files
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.replace(/\r$/, '').split('\t'))
    .filter(([head, tail, relation]) => relation !== undefined && head?.toLowerCase() !== tail?.toLowerCase());
}
