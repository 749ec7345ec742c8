/** Where candidates come from: an index, a file of vectors, or pairs that are encoded. */
import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { VectorBlock } from '../formats/vector-block.ts';
import type { PairVector } from '../index/index-question.ts';
import type { MiningPool } from '../index/mining.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { UsageError } from './exit.ts';
import { holdsIndex, openPairIndex, vectorsFor } from './index-model.ts';
import { loadEncoder, type ModelFlags } from './model-options.ts';
import { openPairs } from './pair-input.ts';
import { encodeAll, pairVectors, refuseEncoderFlags } from './pair-model.ts';
import type { Terminal } from './terminal.ts';
import { findVectors, openVectorBlocks } from './vector-blocks.ts';

/** Undefined model: that of the index, or the embedded one. */
export type PoolFlags = Omit<ModelFlags, 'model'> & { readonly model?: string | undefined };

export interface OpenPool extends MiningPool, AsyncDisposable {
  /** Candidates, where their number is known ahead. */
  readonly size: number | undefined;
  /** The vectors of other pairs, by the model of the pool. */
  vectorsOf(pairs: readonly WordPair[]): Promise<PairVector[]>;
}

/** Pairs that are listed before they are encoded. */
export interface PairSource {
  readonly name: string;
  /** From the beginning, as often as needed. */
  pairs(): AsyncIterable<WordPair> | Promise<AsyncIterable<WordPair>>;
}

/** @param among An index (its folder, or `postgres://...`), a file of vectors, a file of pairs, or `package/NAME`. */
export async function openPool(among: string, flags: PoolFlags, terminal: Terminal): Promise<OpenPool> {
  if (await holdsIndex(among)) {
    const index = await openPairIndex(among);
    return {
      size: await index.count(),
      sample: (count, options) => index.sample(count, options),
      blocks: (options) => index.blocks(options),
      vectorsOf: (pairs) => vectorsFor(pairs, index, flags, terminal),
      [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
    };
  }
  const stored = await openVectorBlocks(among, terminal);
  if (!stored) {
    if (among === '-') throw new UsageError('--among - is read twice: give a file of pairs or an index instead');
    let quiet = false;
    const pairs = async () => {
      const input = await openPairs([], among, terminal, { quiet });
      quiet = true;
      return input.pairs;
    };
    return encodedPool({ name: among, pairs }, flags, terminal);
  }
  const { model } = flags;
  if (model === undefined)
    refuseEncoderFlags(flags, `${among} holds vectors already, and no --model is given for the seeds`);
  return {
    size: undefined,
    sample: (count) => sampleOf(stored(), count),
    blocks: stored,
    vectorsOf: (pairs) =>
      model === undefined
        ? findVectors(pairs, stored(), among, terminal)
        : encodeAll(pairs, { ...flags, model }, terminal),
    async [Symbol.asyncDispose]() {},
  };
}

/** Candidates that are encoded as they are read. */
export async function encodedPool(source: PairSource, flags: PoolFlags, terminal: Terminal): Promise<OpenPool> {
  let size = 0;
  for await (const _ of await source.pairs()) size++;
  const encoder = await loadEncoder({ ...flags, model: flags.model ?? 'embedded' }, terminal);
  const { signal } = terminal;
  return {
    size,
    async sample(count) {
      const some: WordPair[] = [];
      const step = Math.max(1, size / count);
      let place = 0;
      for await (const pair of await source.pairs()) if (place++ >= some.length * step) some.push(pair);
      return (await encoder.encode(some, { signal })).data;
    },
    blocks: () => encodedBlocks(encoder, source, signal),
    vectorsOf: (pairs) => pairVectors(pairs, encoder, terminal),
    [Symbol.asyncDispose]: () => encoder.dispose(),
  };
}

async function* encodedBlocks(
  encoder: RelationEncoder,
  source: PairSource,
  signal: AbortSignal,
): AsyncGenerator<VectorBlock> {
  yield* encoder.encodeStream(await source.pairs(), { signal, blockSize: 1024 });
}

/** Every so many rows of a stream whose length is not known: where there are too many, every other one is dropped. */
async function sampleOf(blocks: AsyncIterable<VectorBlock>, count: number): Promise<Float32Array> {
  let rows: Float32Array[] = [];
  let step = 1;
  let place = 0;
  for await (const { data, shape } of blocks) {
    const [n, dimension] = shape;
    for (let row = 0; row < n; row++) {
      if (place++ % step !== 0) continue;
      rows.push(data.slice(row * dimension, (row + 1) * dimension));
      if (rows.length < 2 * count) continue;
      rows = rows.filter((_, i) => i % 2 === 0);
      step *= 2;
    }
  }
  const dimension = rows[0]?.length ?? 0;
  const sample = new Float32Array(rows.length * dimension);
  for (const [i, vector] of rows.entries()) sample.set(vector, i * dimension);
  return sample;
}
