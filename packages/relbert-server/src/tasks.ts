/** @file What each operation computes, in the worker process. Bodies have been checked by the schemas of operations.ts. */
import {
  furtherColumns,
  minePairs,
  type PairIndex,
  questionOf,
  type RelationClassifier,
  type RelationEncoder,
  type Runtime,
  row,
  type WordPair,
  type WordPairLike,
} from 'relbert';
import { evaluateMapping } from 'relbert/evaluate';

export interface Loaded {
  readonly encoder: RelationEncoder;
  readonly index?: PairIndex | undefined;
  /** What mining computes with. */
  readonly runtime: Runtime;
  readonly classifier?: RelationClassifier | undefined;
}

type Words = readonly [head: string, tail: string];
type Task<Body> = (loaded: Loaded, body: Body, signal: AbortSignal) => Promise<unknown>;

/** Partial mappings after which a search ends with the best so far. */
const mappingNodes = 20_000;

async function embed({ encoder }: Loaded, { pairs }: { readonly pairs: readonly Words[] }, signal: AbortSignal) {
  const embeddings = await encoder.encode(pairs, { signal });
  return { embeddings: pairs.map((_, i) => Array.from(row(embeddings, i))) };
}

async function similarity(
  { encoder }: Loaded,
  { a, b }: { readonly a: Words; readonly b: Words },
  signal: AbortSignal,
) {
  return { similarity: await encoder.similarity(a, b, { signal }) };
}

interface AnalogyBody {
  readonly stem: Words;
  readonly choices: readonly Words[];
  readonly sharedWordDiscount?: number;
}

async function analogy({ encoder }: Loaded, { stem, choices, sharedWordDiscount }: AnalogyBody, signal: AbortSignal) {
  const ranking = await encoder.rankAnalogy(stem, choices, { sharedWordDiscount, signal });
  return { ranking: ranking.map(({ pair, score, cosine }) => ({ pair: [pair.head, pair.tail], score, cosine })) };
}

interface NeighboursBody {
  readonly pairs: readonly Words[];
  readonly top?: number;
  readonly distinctWords?: boolean;
  readonly where?: string;
  readonly mean?: boolean;
  readonly not?: readonly Words[];
}

async function neighbours(loaded: Loaded, body: NeighboursBody, signal: AbortSignal) {
  const { pairs, top = 10, distinctWords = false, where, mean = false, not = [] } = body;
  const index = loaded.index as PairIndex;
  const vectors = await vectorsOf(loaded, index, [...pairs, ...not], signal);
  const examples = vectors.slice(0, pairs.length);
  const counterExamples = vectors.slice(pairs.length);
  const questions = mean
    ? [
        {
          json: { pairs: examples.map(words), ...(not.length > 0 && { not: counterExamples.map(words) }) },
          of: examples,
        },
      ]
    : examples.map((example) => ({ json: words(example), of: [example] }));
  const found = await index.search(
    questions.map(({ of }) => questionOf(of, counterExamples)),
    { top, distinctWords, signal, ...(where !== undefined && { where }) },
  );
  const further = furtherColumns(['score']);
  return {
    results: questions.map(({ json }, q) => ({
      query: json,
      neighbours: found[q]?.map(({ pair, score }) => ({ ...further(pair), head: pair.head, tail: pair.tail, score })),
    })),
  };
}

interface MineBody {
  readonly seeds: readonly Words[];
  readonly not?: readonly Words[];
  readonly top?: number;
}

async function mine(loaded: Loaded, { seeds, not = [], top = 20 }: MineBody, signal: AbortSignal) {
  const { runtime } = loaded;
  const index = loaded.index as PairIndex;
  const vectors = await vectorsOf(loaded, index, [...seeds, ...not], signal);
  const found = await minePairs(vectors.slice(0, seeds.length), index, {
    ...{ runtime, top, signal },
    not: vectors.slice(seeds.length),
  });
  const further = furtherColumns(['score', 'seed']);
  return {
    results: found.map(({ pair, score, seed }) => {
      const { head, tail } = pair;
      return { ...further(pair), head, tail, score, seed };
    }),
  };
}

/** As the command does: a pair that the index holds has its vector there. */
async function vectorsOf({ encoder }: Loaded, index: PairIndex, pairs: readonly Words[], signal: AbortSignal) {
  const found: (Float32Array | undefined)[] = [];
  for (const [head, tail] of pairs) found.push(await index.vectorOf({ head, tail }));
  const missing = pairs.filter((_, i) => !found[i]);
  const embeddings = await encoder.encode(missing as readonly WordPairLike[], { signal });
  let next = 0;
  return pairs.map(([head, tail], i) => ({
    pair: { head, tail },
    vector: found[i] ?? row(embeddings, next++).slice(),
  }));
}

function words({ pair }: { readonly pair: WordPair }) {
  return { head: pair.head, tail: pair.tail };
}

async function mapping(
  { encoder }: Loaded,
  { source, target }: { readonly source: readonly string[]; readonly target: readonly string[] },
  signal: AbortSignal,
) {
  const { results } = await evaluateMapping(
    [{ source, target, kind: undefined, line: 1 }],
    (pairs) => encoder.encode(pairs, { signal }),
    {
      maxNodes: mappingNodes,
      signal,
    },
  );
  return {
    mapping: source.map((term, i) => [term, results[0]?.mapping[i]]),
    score: results[0]?.score,
    optimal: results[0]?.optimal,
  };
}

async function classify(
  { classifier }: Loaded,
  { pairs, other }: { readonly pairs: readonly Words[]; readonly other?: number },
  signal: AbortSignal,
) {
  return { predictions: await classifier?.predict(pairs, { other, signal }) };
}

/** By the last part of the operation's path. */
export const tasks = { embed, similarity, analogy, neighbours, mine, mapping, classify } as Readonly<
  Record<string, Task<never>>
>;
