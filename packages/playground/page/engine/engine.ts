/** The model and the pairs, in a worker: the page never waits for them. */
import * as Comlink from 'comlink';
import {
  cosine,
  type PromptToken,
  RelationEncoder,
  row,
  sharedWordLoss,
  type WebFileEvent,
  type WordPair,
} from 'relbert';
import { evaluateMapping } from 'relbert/evaluate';
import { kindOf } from '../kinds.ts';
import { type Pair, pairText } from '../pair.ts';
import { dot, fetchPairs, type Neighbour, type PagePairs, type SearchOptions } from './page-pairs.ts';

export interface Ranked {
  readonly pair: Pair;
  /** What the choices are ranked by: the cosine, less the model's discount for a word that choice and stem share. */
  readonly score: number;
  readonly cosine: number;
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
  #pairs: Promise<PagePairs> | undefined;
  readonly #kept = new Map<string, Float32Array>();

  /** @param base The address of the page. */
  async load(base: string, onProgress: (loaded: number, size: number | undefined) => void): Promise<ModelInfo> {
    this.#base = base;
    const encoder = await RelationEncoder.load(`${base}model`, {
      runtime: { wasmPaths: `${base}ort/` },
      dtype: 'f32', // as the vectors of the index and the map
      onProgress(event: WebFileEvent) {
        if (event.kind === 'progress' && event.file.endsWith('.safetensors')) onProgress(event.loaded, event.size);
      },
    });
    this.#encoder = encoder;
    const { layers, parameters, dimension } = encoder.info;
    return { layers, parameters, dimension };
  }

  /** The choices by score, best first: as `RelationEncoder.rankAnalogy`, with embeddings that are kept. */
  async rank(stem: Pair, choices: readonly Pair[]): Promise<Ranked[]> {
    const [question, ...vectors] = await this.#vectors([stem, ...choices]);
    const { sharedWordDiscount } = this.#ready().info;
    return choices
      .map((pair, i) => {
        const alike = cosine(question as Float32Array, vectors[i] as Float32Array);
        const loss = sharedWordLoss(wordPair(stem), wordPair(pair), sharedWordDiscount);
        return { pair, score: alike - loss, cosine: alike };
      })
      .sort((a, b) => b.score - a.score);
  }

  /** [n, n]: the cosine of each pair to each. */
  async similarities(pairs: readonly Pair[]): Promise<number[][]> {
    const vectors = await this.#vectors(pairs);
    return vectors.map((a) => vectors.map((b) => cosine(a, b)));
  }

  /** Fetches the pairs of the page; how many they are. */
  async openPairs(onProgress: (loaded: number, size: number | undefined) => void): Promise<number> {
    this.#pairs ??= fetchPairs(`${this.#base}data/`, onProgress);
    try {
      const { model, count } = await this.#pairs;
      const { prompt, pooling } = this.#ready().info;
      if (model.dimension !== this.#ready().dimension || model.prompt !== prompt.text || model.pooling !== pooling) {
        throw new Error('the pairs of this page were embedded with another model: make them again for this one');
      }
      return count;
    } catch (error) {
      this.#pairs = undefined;
      throw error;
    }
  }

  /** The nearest pairs of the page. */
  async neighbours(pair: Pair, options: SearchOptions): Promise<Neighbour[]> {
    const [vector] = await this.#vectors([pair]);
    return (await this.#opened()).search(pair, vector as Float32Array, options);
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
    const pairs = await this.#opened();
    for (const group of [a, b]) {
      const units = group.flatMap((pair) => pairs.unitVector(pair) ?? []);
      const sum = new Float32Array(pairs.model.dimension);
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

  async #opened(): Promise<PagePairs> {
    if (!this.#pairs) throw new Error('the pairs of this page are not fetched yet');
    return this.#pairs;
  }
}

function wordPair([head, tail]: Pair): WordPair {
  return { head, tail };
}

Comlink.expose(new Engine());
