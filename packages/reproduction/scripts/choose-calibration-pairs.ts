/**
 * Chooses the pairs with whose prompts products in 8 bits are calibrated (encoder/calibration.ts): from many pairs, one after the
 * other, the one that widens the ranges of the models' linear layers most towards those over validation questions.
 *
 *   npx tsx packages/reproduction/scripts/choose-calibration-pairs.ts [--data ../shared/data/analogy] [--count 12] MODEL[=TEMPLATE] ...
 *
 * MODEL is a folder with weights in 16 or 32 bits; without a template its own counts. The pairs to choose from are some of the
 * training pairs that the package carries and of its words. Two minutes for five models.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAnalogyQuestions } from '../../relbert/src/data/analogy.ts';
import { Random } from '../../relbert/src/data/random.ts';
import { parseRelationSets } from '../../relbert/src/data/relation-set.ts';
import { openLanguageModel, relationModel } from '../../relbert/src/encoder/language-model.ts';
import { weightedSession } from '../../relbert/src/encoder/weighted-session.ts';
import { reduceMax, reduceMin } from '../../relbert/src/graph/index.ts';
import { buildEncoder } from '../../relbert/src/models/encoder.ts';
import { folderFiles } from '../../relbert/src/node/folder.ts';
import { readPackageData } from '../../relbert/src/node/package-data.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import type { WordPair } from '../../relbert/src/pair/word-pair.ts';
import type { TensorValue } from '../../relbert/src/runtime/session.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '../shared/data/analogy' },
    count: { type: 'string', default: '12' },
  },
});
if (positionals.length === 0) throw new Error('which models? name folders, MODEL or MODEL=TEMPLATE');
const random = new Random(7);

/** The least and greatest value of each feature over a prompt's tokens, of all layers that do not narrow. */
interface Ranges {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

const candidates = await pairsToChooseFrom();
const reference = validationPairs().slice(0, 300);
const models: Awaited<ReturnType<typeof rangesOf>>[] = [];
for (const positional of positionals) models.push(await rangesOf(positional));

const chosen: number[] = [];
const seen = models.map(({ features }) => empty(features));
while (chosen.length < Number(values.count)) {
  const next = candidates
    .map((_, i) => i)
    .filter((i) => !chosen.includes(i))
    .map((i) => ({
      i,
      covered: models.reduce((sum, { own, all }, m) => sum + covered(all, joined(seen, m, own, i)), 0),
    }))
    .reduce((best, each) => (each.covered > best.covered ? each : best)).i;
  chosen.push(next);
  for (const [m, { own }] of models.entries()) seen[m] = joined(seen, m, own, next);
  const shares = models.map(({ all }, m) => covered(all, seen[m] as Ranges).toFixed(3));
  console.log(`${chosen.length} ${textOf(next)} ${shares.join(' ')}`);
}
console.log(chosen.map(textOf).join(' '));

function textOf(i: number): string {
  const { head, tail } = candidates[i] as WordPair;
  return `${head}:${tail}`;
}

async function pairsToChooseFrom(): Promise<WordPair[]> {
  const found: WordPair[] = [];
  for (const [source, each] of [
    ['countries', 8],
    ['lexical', 8],
    ['semeval2012', 1],
    ['wordnet', 1],
  ] as const) {
    for (const { positives } of parseRelationSets(await readPackageData(`training-pairs/${source}.jsonl`))) {
      for (let i = 0; i < each; i++) found.push(random.choice(positives));
    }
  }
  const words = (await readPackageData('words.txt')).text.trim().split('\n');
  for (let i = 0; i < 120; i++) found.push({ head: random.choice(words), tail: random.choice(words) });
  return found.filter(({ head, tail }) => /^[\w'-]+$/.test(head) && /^[\w'-]+$/.test(tail));
}

/** Stems and right answers. */
function validationPairs(): WordPair[] {
  const pairs = ['bats', 'u2', 'google', 'sat', 'u4'].flatMap((set) => {
    const file = join(values.data, set, 'valid.jsonl');
    return parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') }).flatMap(({ stem, choices, answer }) => [
      stem,
      choices[answer] as WordPair,
    ]);
  });
  return random.shuffle(pairs);
}

async function rangesOf(positional: string) {
  const [folder = '', ...template] = positional.split('=');
  const { config, weights, prompt } = relationModel(await openLanguageModel(await folderFiles(folder)), {
    ...(template.length > 0 && { template: template.join('=') }),
  });
  const graph = buildEncoder(config, { softPrompt: prompt.vectors });
  const inputs = [...graph.linearInputs].filter(([, [weight]]) => weight && !narrows(weight.shape));
  const outputs = Object.fromEntries(
    inputs.flatMap(([x], i) => [
      [`low ${i}`, reduceMin(x, 1)],
      [`high ${i}`, reduceMax(x, 1)],
    ]),
  );
  const runtime = nodeRuntime();
  const parameters = graph.parameters;
  await using session = await weightedSession(runtime, { outputs, parameters, config, weights }, { prepacking: false });
  const ranges = async (pair: WordPair): Promise<Ranges> => {
    const { ids } = prompt.encode(pair);
    const shape = [1, ids.length];
    const data = BigInt64Array.from(ids, BigInt);
    const results = await session.run({
      input_ids: { dtype: 'int64', shape, data },
      attention_mask: { dtype: 'int64', shape, data: data.map(() => 1n) },
    });
    const all = (end: string) =>
      Float32Array.from(inputs.flatMap((_, i) => Array.from((results[`${end} ${i}`] as TensorValue).data, Number)));
    return { low: all('low'), high: all('high') };
  };
  const own: Ranges[] = [];
  for (const pair of candidates) own.push(await ranges(pair));
  let all = empty((own[0] as Ranges).low.length);
  for (const pair of reference) all = union(all, await ranges(pair));
  return { own, all, features: all.low.length };
}

function narrows([out = 0, within = 0]: readonly number[]): boolean {
  return out < within;
}

function empty(features: number): Ranges {
  return { low: new Float32Array(features).fill(Infinity), high: new Float32Array(features).fill(-Infinity) };
}

function union(a: Ranges, b: Ranges): Ranges {
  return {
    low: a.low.map((value, k) => Math.min(value, b.low[k] as number)),
    high: a.high.map((value, k) => Math.max(value, b.high[k] as number)),
  };
}

function joined(all: readonly Ranges[], model: number, own: readonly Ranges[], pair: number): Ranges {
  return union(all[model] as Ranges, own[pair] as Ranges);
}

/** The mean share of the widths of `all` that `part` has. */
function covered(all: Ranges, part: Ranges): number {
  let sum = 0;
  for (const [k, low] of all.low.entries()) {
    const high = all.high[k] as number;
    sum += (Math.min(high, part.high[k] as number) - Math.max(low, part.low[k] as number)) / (high - low);
  }
  return sum / all.low.length;
}
