/** The model and the index, in a worker: the page never waits for them. */
import * as Comlink from 'comlink';
import {
  cosine,
  type PromptToken,
  RelationEncoder,
  RelationIndex,
  row,
  type WebFileEvent,
  type WordPair,
} from 'relbert';
import { evaluateMapping } from 'relbert/evaluate';
import { kindOf } from '../kinds.ts';
import { type Pair, pairText } from '../pair.ts';
import { fetchedIndex } from './memory-index.ts';

export interface Ranked {
  readonly pair: Pair;
  readonly score: number;
}

export interface Neighbour extends Ranked {
  readonly relation: string | undefined;
}

export interface Seen {
  readonly prompt: string;
  readonly pooling: string;
  readonly tokens: readonly PromptToken[];
  readonly vector: Float32Array;
}

export interface SolvedMapping {
  /** The target term of each source term. */
  readonly mapping: readonly string[];
  /** Mean cosine of the mapping found. */
  readonly score: number;
  readonly optimal: boolean;
  /** Partial mappings that the search looked at. */
  readonly nodes: number;
}

export interface ModelInfo {
  readonly layers: number;
  readonly parameters: number;
  readonly dimension: number;
}

/** Embeddings are kept: an answer to a question that was asked before costs nothing. */
const mostKept = 20_000;

export class Engine {
  #base = '';
  #encoder: RelationEncoder | undefined;
  #index: Promise<RelationIndex> | undefined;
  readonly #kept = new Map<string, Float32Array>();

  /** @param base The address of the page. */
  async load(base: string, onProgress: (loaded: number, size: number | undefined) => void): Promise<ModelInfo> {
    this.#base = base;
    const encoder = await RelationEncoder.load(`${base}model`, {
      runtime: { wasmPaths: `${base}ort/` },
      onProgress(event: WebFileEvent) {
        if (event.kind === 'progress' && event.file.endsWith('.safetensors')) onProgress(event.loaded, event.size);
      },
    });
    this.#encoder = encoder;
    const { layers, parameters, dimension } = encoder.info;
    return { layers, parameters, dimension };
  }

  /** The choices by cosine to the stem, best first. */
  async rank(stem: Pair, choices: readonly Pair[]): Promise<Ranked[]> {
    const [question, ...vectors] = await this.#vectors([stem, ...choices]);
    return choices
      .map((pair, i) => ({ pair, score: cosine(question as Float32Array, vectors[i] as Float32Array) }))
      .sort((a, b) => b.score - a.score);
  }

  /** [n, n]: the cosine of each pair to each. */
  async similarities(pairs: readonly Pair[]): Promise<number[][]> {
    const vectors = await this.#vectors(pairs);
    return vectors.map((a) => vectors.map((b) => cosine(a, b)));
  }

  /** Fetches the index; the pairs of it. */
  async openIndex(onProgress: (loaded: number, size: number | undefined) => void): Promise<number> {
    this.#index ??= RelationIndex.open(fetchedIndex(`${this.#base}data/index`, onProgress));
    try {
      const index = await this.#index;
      const { prompt, pooling } = this.#ready().info;
      if (
        index.dimension !== this.#ready().dimension ||
        index.model.prompt !== prompt.text ||
        index.model.pooling !== pooling
      ) {
        throw new Error('the pairs of this page were embedded with another model: make them again for this one');
      }
      return index.info().rows;
    } catch (error) {
      this.#index = undefined;
      throw error;
    }
  }

  /** The nearest pairs of the index. */
  async neighbours(pair: Pair, { top, distinctWords }: { top: number; distinctWords: boolean }): Promise<Neighbour[]> {
    const [vector] = await this.#vectors([pair]);
    const [found = []] = await (await this.#opened()).search(
      [{ vector: vector as Float32Array, pairs: [wordPair(pair)] }],
      { top, distinctWords },
    );
    return found.map(({ pair, score }) => ({
      pair: [pair.head, pair.tail],
      score,
      relation: pair.columns?.['relation'] as string | undefined,
    }));
  }

  /** How many of the nearest labelled pairs are of which kind, most frequent first, with the nearest pair of each. */
  async kindsNear(pair: Pair): Promise<{ kind: string; share: number; example: Pair }[]> {
    const near = await this.neighbours(pair, { top: 60, distinctWords: true });
    const labelled = near
      .flatMap((each) => {
        const kind = kindOf(each.relation);
        return kind ? [{ kind: kind.name, pair: each.pair }] : [];
      })
      .slice(0, 20);
    const names = [...new Set(labelled.map(({ kind }) => kind))];
    return names
      .map((kind) => {
        const some = labelled.filter((each) => each.kind === kind);
        return { kind, share: some.length / labelled.length, example: some[0]?.pair as Pair };
      })
      .sort((a, b) => b.share - a.share);
  }

  /** Mean cosines inside two groups of pairs and between them. */
  async compare(a: readonly Pair[], b: readonly Pair[]): Promise<{ a: number; b: number; between: number }> {
    const [means, sizes] = [[] as Float32Array[], [] as number[]];
    const index = await this.#opened();
    for (const group of [a, b]) {
      const units: Float32Array[] = [];
      for (const pair of group) {
        const unit = await index.vectorOf(wordPair(pair));
        if (unit) units.push(unit);
      }
      const sum = new Float32Array(index.dimension);
      for (const unit of units) for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] as number) + (unit[d] as number);
      means.push(sum);
      sizes.push(units.length);
    }
    const [sumA, sumB] = means as [Float32Array, Float32Array];
    const [nA, nB] = sizes as [number, number];
    // The sum of all cosines of a group is the squared length of the sum of its unit vectors.
    const inside = (sum: Float32Array, n: number): number => (n < 2 ? 1 : (dot(sum, sum) - n) / (n * (n - 1)));
    return { a: inside(sumA, nA), b: inside(sumB, nB), between: dot(sumA, sumB) / Math.max(1, nA * nB) };
  }

  /** The best mapping of the terms, and the score of the one that is given by the order of the target. */
  async solve(source: readonly string[], target: readonly string[]): Promise<SolvedMapping & { givenScore: number }> {
    const problem = { source, target, kind: undefined, line: 1 };
    const embed = async (pairs: readonly WordPair[]) => {
      const vectors = await this.#vectors(pairs.map(({ head, tail }) => [head, tail] as const));
      const dimension = this.#ready().dimension;
      const data = new Float32Array(pairs.length * dimension);
      for (const [i, vector] of vectors.entries()) data.set(vector, i * dimension);
      return { data, shape: [pairs.length, dimension] };
    };
    const { results } = await evaluateMapping([problem], embed, { maxNodes: 200_000 });
    const { mapping, score, rightScore, optimal, nodes } = results[0] as (typeof results)[number];
    return { mapping, score, optimal, nodes, givenScore: rightScore };
  }

  /** The tokens of a pair's prompt, and what becomes of them. */
  async see(pair: Pair): Promise<Seen> {
    const encoder = this.#ready();
    const { prompt, pooling } = encoder.info;
    const [vector] = await this.#vectors([pair]);
    return {
      prompt: prompt.text,
      pooling,
      tokens: await encoder.promptTokens(wordPair(pair)),
      vector: vector as Float32Array,
    };
  }

  async #vectors(pairs: readonly Pair[]): Promise<Float32Array[]> {
    const missing = pairs.filter((pair) => !this.#kept.has(pairText(pair)));
    if (missing.length > 0) {
      const embeddings = await this.#ready().encode(missing);
      if (this.#kept.size > mostKept) this.#kept.clear();
      for (const [i, pair] of missing.entries()) this.#kept.set(pairText(pair), row(embeddings, i).slice());
    }
    // What was dropped to make room is among the missing ones of this call only where it was asked for anew.
    return Promise.all(
      pairs.map(async (pair) => this.#kept.get(pairText(pair)) ?? row(await this.#ready().encode([pair]), 0)),
    );
  }

  #ready(): RelationEncoder {
    if (!this.#encoder) throw new Error('the model is not loaded yet');
    return this.#encoder;
  }

  async #opened(): Promise<RelationIndex> {
    if (!this.#index) throw new Error('the pairs of this page are not fetched yet');
    return this.#index;
  }
}

function wordPair([head, tail]: Pair): WordPair {
  return { head, tail };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

Comlink.expose(new Engine());
