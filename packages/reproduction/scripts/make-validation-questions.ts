/**
 * Makes analogy questions of SemEval-2012's pairs of middling rating, which no recipe trains on, to choose settings by
 * beside the validation splits of U2, Google and BATS (of which U2's has 24 questions):
 *
 *   npx tsx packages/reproduction/scripts/make-validation-questions.ts FOLDER
 *
 * writes FOLDER/valid.jsonl. Stem and answer are two pairs of one relation; the wrong choices are pairs of four other
 * relations, two of them of the same category.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PairSet } from '../../relbert/src/data/pair-set.ts';
import { Random } from '../../relbert/src/data/random.ts';
import { parseRelationSets } from '../../relbert/src/data/relation-set.ts';
import { parseSemEvalPack } from '../../relbert/src/data/semeval.ts';
import { SEMEVAL_RELATIONS } from '../../relbert/src/data/semeval-taxonomy.ts';
import { readPackageData } from '../../relbert/src/node/package-data.ts';
import type { WordPair } from '../../relbert/src/pair/word-pair.ts';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: npx tsx packages/reproduction/scripts/make-validation-questions.ts FOLDER');

/** Questions of one relation. */
const EACH = 4;
/** Pairs less typical of their relation than this are no good example of it. */
const LEAST_RATING = 10;

const trained = new PairSet();
for (const { positives, negatives } of parseRelationSets(await readPackageData('training-pairs/semeval2012.jsonl'))) {
  for (const pair of [...positives, ...negatives]) trained.add(pair);
}
const random = new Random(7);
const relations = parseSemEvalPack(await readPackageData('semeval2012.json')).map(({ relation, pairs }) => ({
  relation,
  category: SEMEVAL_RELATIONS.find(({ id }) => id === relation)?.categoryId,
  pairs: random.shuffle(pairs.filter((pair) => pair.rating >= LEAST_RATING && !trained.has(pair))),
}));

const written = ({ head, tail }: WordPair) => [head, tail];
const lines: string[] = [];
for (const { relation, category, pairs } of relations) {
  const others = relations.filter((other) => other.relation !== relation && other.pairs.length > 1);
  const near = others.filter((other) => other.category === category);
  const far = others.filter((other) => other.category !== category);
  for (let i = 0; i < Math.min(EACH, Math.floor(pairs.length / 2)); i++) {
    const [stem, right] = [pairs[2 * i], pairs[2 * i + 1]] as [WordPair, WordPair];
    const wrong = [...random.shuffle([...near]).slice(0, 2), ...random.shuffle([...far])].slice(0, 4);
    // A pair can stand in two relations: the stem is no choice.
    const notStem = ({ head, tail }: WordPair) => head !== stem.head || tail !== stem.tail;
    const choices = random.shuffle([right, ...wrong.map((other) => random.choice(other.pairs.filter(notStem)))]);
    lines.push(
      JSON.stringify({
        stem: written(stem),
        answer: choices.indexOf(right),
        choice: choices.map(written),
        prefix: relation,
      }),
    );
  }
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'valid.jsonl'), `${lines.join('\n')}\n`);
console.log(`${lines.length} questions`);
