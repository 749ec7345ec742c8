/** The pairs that ship with the page, with their vectors in 8 bits: fetched whole, so that a search needs no network. */
import type { ModelIdentity } from 'relbert';
import { pairLines } from '../map/points.ts';
import { type Pair, pairText, sharedWords } from '../pair.ts';

/** What model.json says. */
interface PairsModel extends ModelIdentity {
  readonly dimension: number;
}

export interface Neighbour {
  readonly pair: Pair;
  /** Cosine. */
  readonly score: number;
  readonly relation: string | undefined;
}

export interface SearchOptions {
  readonly top: number;
  /** Leaves out pairs that share a word with the question. */
  readonly distinctWords: boolean;
}

export class PagePairs {
  readonly model: PairsModel;
  readonly #pairs: readonly Pair[];
  readonly #relations: readonly string[];
  /** [n, D] */
  readonly #vectors: Int8Array;
  readonly #norms: Float32Array;
  readonly #rows: ReadonlyMap<string, number>;

  constructor(model: PairsModel, map: string, vectors: Int8Array) {
    const fields = pairLines(map).map((line) => line.split('\t'));
    if (vectors.length !== fields.length * model.dimension) {
      throw new Error(
        `vectors.bin has ${vectors.length} bytes for ${fields.length} pairs: make the data of the page again`,
      );
    }
    this.model = model;
    this.#pairs = fields.map(([head = '', tail = '']) => [head, tail]);
    this.#relations = fields.map(([, , relation = '']) => relation);
    this.#vectors = vectors;
    this.#norms = Float32Array.from(fields, (_, row) => Math.sqrt(dot(this.#vector(row), this.#vector(row))));
    this.#rows = new Map(this.#pairs.map((pair, row) => [pairText(pair), row]));
  }

  get count(): number {
    return this.#pairs.length;
  }

  /** The nearest pairs but the pair itself, best first. */
  search(pair: Pair, vector: Float32Array, { top, distinctWords }: SearchOptions): Neighbour[] {
    const itself = this.#rows.get(pairText(pair));
    const norm = Math.sqrt(dot(vector, vector));
    const best: Neighbour[] = [];
    for (const [row, other] of this.#pairs.entries()) {
      const score = dot(this.#vectors, vector, row * vector.length) / (norm * (this.#norms[row] as number));
      if (best.length === top && score <= (best[top - 1] as Neighbour).score) continue;
      if (row === itself || (distinctWords && sharedWords(pair, other).length > 0)) continue;
      const place = best.findIndex((each) => each.score < score);
      best.splice(place < 0 ? best.length : place, 0, { pair: other, score, relation: this.#relations[row] });
      best.length = Math.min(best.length, top);
    }
    return best;
  }

  /** Of length 1; undefined for a pair that is not here. */
  unitVector(pair: Pair): Float32Array | undefined {
    const row = this.#rows.get(pairText(pair));
    return row === undefined
      ? undefined
      : Float32Array.from(this.#vector(row), (x) => x / (this.#norms[row] as number));
  }

  #vector(row: number): Int8Array {
    return this.#vectors.subarray(row * this.model.dimension, (row + 1) * this.model.dimension);
  }
}

/** Of `b` and as many values of `a` from `start`. */
export function dot(a: Int8Array | Float32Array, b: Int8Array | Float32Array, start = 0): number {
  let sum = 0;
  for (let d = 0; d < b.length; d++) sum += (a[start + d] as number) * (b[d] as number);
  return sum;
}

/** @param onProgress Bytes of the vectors that arrived, and how many there are where the server says it. */
export async function fetchPairs(
  base: string,
  onProgress: (loaded: number, size: number | undefined) => void,
): Promise<PagePairs> {
  const get = async (name: string): Promise<Response> => {
    const response = await fetch(`${base}${name}`);
    if (!response.ok) throw new Error(`${name}: the server answers ${response.status}`);
    return response;
  };
  const [model, map] = await Promise.all([get('model.json'), get('map.tsv')]);
  const vectors = await get('vectors.bin');
  const size = Number(vectors.headers.get('content-length')) || undefined;
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      onProgress(loaded, size);
      controller.enqueue(chunk);
    },
  });
  const bytes = await new Response(vectors.body?.pipeThrough(counter)).arrayBuffer();
  return new PagePairs((await model.json()) as PairsModel, await map.text(), new Int8Array(bytes));
}
