/**
 * Which discount for shared words answers most validation questions: what `sharedWordDiscount` of a recipe holds.
 *
 *   npx tsx packages/reproduction/scripts/choose-shared-word-discount.ts [--model MODEL] --data FOLDER --data FOLDER ... [--split valid]
 *
 * Prints accuracy in % for each discount: of each folder, and of both kinds of shared-word questions.
 */
import { parseArgs } from 'node:util';
import { readAnalogySets } from '../../relbert/src/cli/analogy-sets.ts';
import { evaluateAnalogy, sharedWordMeans } from '../../relbert/src/evaluate/analogy.ts';
import { type Embeddings, RelationEncoder, type WordPair } from '../../relbert/src/index.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'embedded' },
    data: { type: 'string', multiple: true, default: [] },
    split: { type: 'string', default: 'valid' },
  },
});
const sets = await readAnalogySets(values.data, values.split);
await using encoder = await RelationEncoder.load(values.model);
// The questions, and so the pairs, are the same for every discount.
let embeddings: Promise<Embeddings> | undefined;
const embed = (pairs: readonly WordPair[]) => {
  embeddings ??= encoder.encode(pairs);
  return embeddings;
};
console.log(['discount', ...sets.map(({ set }) => set), 'mean', 'apart', 'shared'].join('\t'));
for (const sharedWordDiscount of [0, 0.02, 0.04, 0.06, 0.08, 0.09, 0.1, 0.11, 0.12, 0.14, 0.16, 0.2, 0.3]) {
  const { results, macroAverage } = await evaluateAnalogy(sets, embed, { sharedWordDiscount });
  const kinds = sharedWordMeans(results);
  const figures = [
    ...results.map(({ accuracy }) => accuracy),
    macroAverage,
    ...(kinds ? [kinds.apart, kinds.shared] : []),
  ];
  console.log([sharedWordDiscount, ...figures.map((figure) => (100 * figure).toFixed(1))].join('\t'));
}
