import { promptBatch } from '../encoder/relation-graph.ts';
import type { Dim } from '../graph/index.ts';
import type { Objective } from '../loss/objective.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { Runtime, Session, TensorValue, TensorValues } from '../runtime/session.ts';
import { DropoutMasks, type MaskRequest } from './dropout.ts';
import {
  backwardModel,
  forwardModel,
  graphNames,
  type LookupOutput,
  lossModel,
  objectiveModel,
  type TrainableEncoder,
} from './encoder-graph.ts';
import { GradientSums } from './gradient-sums.ts';
import { microBatches, tokenCount } from './micro-batch.ts';
import type { ParameterGradient } from './optimiser.ts';

export interface GradientOptions {
  readonly config: EncoderConfig;
  /** With dropout sites where there is dropout. */
  readonly encoder: TrainableEncoder;
  /** The encoder without dropout, for validation. Default: `encoder`. */
  readonly undisturbed?: TrainableEncoder | undefined;
  readonly objective: Objective;
  readonly runtime: Runtime;
  readonly threads?: number | undefined;
  /** Threads wait in a busy loop. Default: the runtime's. */
  readonly spinning?: boolean | undefined;
  /** Approximate tokens of a micro-batch. Default 1024: what passes between operators stays in the processor's cache. */
  readonly microBatchTokens?: number | undefined;
  /** Tokens whose intermediate results are kept at once; a larger batch goes through gradient caching. Default 16384. */
  readonly fusedTokens?: number | undefined;
}

/** One step's prompts, what the losses are fed, and the key of its dropout masks. */
export interface GradientInput {
  readonly prompts: readonly EncodedPrompt[];
  readonly feeds: TensorValues;
  readonly dropout: { readonly seed: number; readonly step: number } | undefined;
}

export interface LossValue {
  readonly loss: number;
  /** Each loss of the sum, without its weight. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface GradientResult extends LossValue {
  readonly gradients: ReadonlyMap<string, ParameterGradient>;
}

/** Most graphs to keep, of different numbers of micro-batches. */
const keptGraphs = 3;

/**
 * Loss and gradients of a batch of prompts.
 *
 * A batch that fits goes through one graph of several micro-batches. A larger one goes through gradient caching (Gao
 * et al. 2021): all embeddings first, the loss and its gradient with respect to them, then forward and backward pass
 * of a few micro-batches at a time. Both give the gradient of the whole batch. Dropout masks are a function of step,
 * micro-batch and site, so both passes over a micro-batch see the same ones.
 */
export class Gradients {
  readonly #options: GradientOptions;
  readonly #masks = new DropoutMasks();
  readonly #sessions = new Map<string, Loaded>();
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Micro-batches of the last batch; 0 before the first. The number depends on earlier batches, and the dropout masks
   * depend on it, so a checkpoint keeps it.
   */
  microBatchCount = 0;

  constructor(options: GradientOptions) {
    this.#options = options;
    this.#shapes = new Map(options.encoder.graph.lookups.map(({ table }) => [table.name, table.shape]));
  }

  /**
   * Loss and gradients with respect to every trained weight.
   * @param weights every weight of the encoder and of the objective's head
   */
  async gradients(input: GradientInput, weights: Weights): Promise<GradientResult> {
    const { microBatchTokens = 1024, fusedTokens = 16_384 } = this.#options;
    const tokens = tokenCount(input.prompts);
    const fused = tokens <= fusedTokens;
    const count = this.#countFor(tokens, microBatchTokens);
    const chunks = microBatches(input.prompts, count);
    return fused
      ? this.#fused(input, weights, chunks)
      : this.#cached(input, weights, chunks, Math.max(1, Math.floor(fusedTokens / microBatchTokens)));
  }

  /** Loss without gradient and without dropout. */
  async loss({ prompts, feeds }: Pick<GradientInput, 'prompts' | 'feeds'>, weights: Weights): Promise<LossValue> {
    const { microBatchTokens = 1024, undisturbed, encoder } = this.#options;
    const chunks = microBatches(prompts, Math.ceil(tokenCount(prompts) / microBatchTokens));
    const embeddings = await this.#embed(undisturbed ?? encoder, prompts, chunks, undefined, 'plain', weights);
    const { session } = await this.#session('loss', () => ({ model: lossModel(this.#options.objective), lookups: [] }));
    return lossOf(await session.run({ ...this.#lossFeeds(feeds, weights), ...embeddings }));
  }

  /** Pooled embeddings [n, D] of prompts, without dropout, in their order. */
  async encode(prompts: readonly EncodedPrompt[], weights: Weights): Promise<Float32Array> {
    const { microBatchTokens = 1024, undisturbed, encoder } = this.#options;
    if (prompts.length === 0) return new Float32Array();
    const chunks = microBatches(prompts, Math.ceil(tokenCount(prompts) / microBatchTokens));
    const embeddings = await this.#embed(undisturbed ?? encoder, prompts, chunks, undefined, 'plain', weights);
    return embeddings[graphNames.embeddings]?.data as Float32Array;
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#sessions.values()) await session.dispose();
    this.#sessions.clear();
  }

  /** Keeps the number of micro-batches from step to step while it fits, because each number needs a separate graph. */
  #countFor(tokens: number, microBatchTokens: number): number {
    const size = tokens / Math.max(1, this.microBatchCount);
    if (
      this.microBatchCount === 0 ||
      size > 1.4 * microBatchTokens ||
      (size < 0.5 * microBatchTokens && this.microBatchCount > 1)
    ) {
      this.microBatchCount = Math.max(1, Math.round(tokens / microBatchTokens));
    }
    return this.microBatchCount;
  }

  async #fused(input: GradientInput, weights: Weights, chunks: readonly number[][]): Promise<GradientResult> {
    const { encoder, objective } = this.#options;
    const { session, lookups } = await this.#session(`fused ${chunks.length}`, () =>
      backwardModel(encoder, chunks.length, objective),
    );
    const feeds: Record<string, TensorValue> = {
      ...this.#lossFeeds(input.feeds, weights),
      ...this.#encoderWeights(weights),
    };
    const order = new BigInt64Array(input.prompts.length);
    let row = 0n;
    for (const place of chunks.flat()) order[place] = row++;
    feeds[graphNames.order] = { dtype: 'int64', shape: [order.length], data: order };
    for (const [chunk, places] of chunks.entries()) {
      feeds[graphNames.chunk(chunk, graphNames.places)] = {
        dtype: 'int64',
        shape: [places.length],
        data: BigInt64Array.from(places, BigInt),
      };
    }
    Object.assign(feeds, this.#chunkFeeds(encoder, input.prompts, chunks, input.dropout, 0));
    const outputs = await session.run(feeds);
    const sums = new GradientSums(this.#shapes);
    sums.addDense(outputs);
    sums.addRows(outputs, feeds, lookups, chunks.length);
    return { ...lossOf(outputs), gradients: sums.finish() };
  }

  async #cached(
    input: GradientInput,
    weights: Weights,
    chunks: readonly number[][],
    together: number,
  ): Promise<GradientResult> {
    const { encoder, objective } = this.#options;
    const embeddings = await this.#embed(encoder, input.prompts, chunks, input.dropout, 'dropout', weights);
    const { session } = await this.#session('objective', () => ({ model: objectiveModel(objective), lookups: [] }));
    const losses = await session.run({ ...this.#lossFeeds(input.feeds, weights), ...embeddings });
    const gradient = losses[graphNames.embeddingsGradient]?.data as Float32Array;
    const width = encoder.graph.dimension;
    const sums = new GradientSums(this.#shapes);
    sums.addDense(losses);
    for (let first = 0; first < chunks.length; first += together) {
      const group = chunks.slice(first, first + together);
      const backward = await this.#session(`backward ${group.length}`, () =>
        backwardModel(encoder, group.length, undefined),
      );
      const feeds: Record<string, TensorValue> = {
        ...this.#encoderWeights(weights),
        ...this.#chunkFeeds(encoder, input.prompts, group, input.dropout, first),
      };
      for (const [chunk, places] of group.entries()) {
        const rows = new Float32Array(places.length * width);
        for (const [i, place] of places.entries())
          rows.set(gradient.subarray(place * width, (place + 1) * width), i * width);
        feeds[graphNames.chunk(chunk, graphNames.pooledGradient)] = {
          dtype: 'float32',
          shape: [places.length, width],
          data: rows,
        };
      }
      const outputs = await backward.session.run(feeds);
      sums.addDense(outputs);
      sums.addRows(outputs, feeds, backward.lookups, group.length);
    }
    return { ...lossOf(losses), gradients: sums.finish() };
  }

  /** Embeddings [N, D] of the prompts in their order, as the feed of the loss graph. */
  async #embed(
    encoder: TrainableEncoder,
    prompts: readonly EncodedPrompt[],
    chunks: readonly number[][],
    dropout: GradientInput['dropout'],
    name: 'plain' | 'dropout',
    weights: Weights,
  ): Promise<Record<string, TensorValue>> {
    const { session } = await this.#session(`forward ${name}`, () => ({ model: forwardModel(encoder), lookups: [] }));
    const width = encoder.graph.dimension;
    const data = new Float32Array(prompts.length * width);
    const turn = eventLoopTurns();
    for (const [part, places] of chunks.entries()) {
      await turn();
      const feeds: Record<string, TensorValue> = this.#encoderWeights(weights);
      const renamed = this.#chunkFeeds(encoder, prompts, [places], dropout, part);
      for (const [key, value] of Object.entries(renamed)) feeds[key.slice(0, key.lastIndexOf('@'))] = value;
      const rows = (await session.run(feeds))[graphNames.pooled]?.data as Float32Array;
      for (const [i, place] of places.entries()) data.set(rows.subarray(i * width, (i + 1) * width), place * width);
    }
    return { [graphNames.embeddings]: { dtype: 'float32', shape: [prompts.length, width], data } };
  }

  /** Ids, masks, pooling weights and dropout masks of micro-batches; `part` numbers the first among the step's. */
  #chunkFeeds(
    { graph }: TrainableEncoder,
    prompts: readonly EncodedPrompt[],
    chunks: readonly (readonly number[])[],
    dropout: GradientInput['dropout'],
    part: number,
  ): Record<string, TensorValue> {
    const feeds: Record<string, TensorValue> = {};
    const requests: (MaskRequest & { readonly name: string; readonly shape: readonly number[] })[] = [];
    for (const [chunk, places] of chunks.entries()) {
      const batch = promptBatch(
        places.map((place) => prompts[place] as EncodedPrompt),
        graph.pooling,
        this.#options.config.padId,
      );
      for (const [name, value] of Object.entries(batch)) feeds[graphNames.chunk(chunk, name)] = value as TensorValue;
      const [count, tokens] = batch.input_ids.shape as readonly [number, number];
      for (const [index, site] of graph.dropoutSites.entries()) {
        const shape = site.shape.map((dim) => dimensionOf(dim, count, tokens));
        requests.push({
          name: graphNames.chunk(chunk, `dropout.${site.name}`),
          shape,
          key: { seed: dropout?.seed ?? 0, step: dropout?.step ?? 0, part: part + chunk, site: index },
          size: shape.reduce((product, dim) => product * dim, 1),
          rate: dropout ? site.rate : 0,
        });
      }
    }
    for (const [i, data] of this.#masks.fill(requests).entries()) {
      const { name, shape } = requests[i] as (typeof requests)[number];
      feeds[name] = { dtype: 'float32', shape, data };
    }
    return feeds;
  }

  #encoderWeights(weights: Weights): Record<string, TensorValue> {
    const feeds: Record<string, TensorValue> = {};
    for (const { name } of this.#options.encoder.graph.parameters) feeds[name] = weightOf(weights, name);
    return feeds;
  }

  #lossFeeds(feeds: TensorValues, weights: Weights): Record<string, TensorValue> {
    const all: Record<string, TensorValue> = { ...feeds };
    for (const { origin } of this.#options.objective.head) {
      if (origin.kind === 'input') all[origin.name] = weightOf(weights, origin.name);
    }
    return all;
  }

  async #session(key: string, build: () => Built): Promise<Loaded> {
    let loaded = this.#sessions.get(key);

    // Deleted and set again: the map is ordered by last use.
    if (loaded) this.#sessions.delete(key);
    const { runtime, threads, spinning } = this.#options;
    if (!loaded) {
      const { model, lookups } = build();
      const session = await runtime.createSession(model, {
        threads,
        spinning,
        memoryPattern: false,
        // 'extended' would fuse a residual into LayerNormalization whose mean the backward pass reads: the fused
        // operator leaves the mean empty, and the process dies.
        optimization: 'basic',
        // This optimizer would undo the transposes in the gradients of weights (see `gemm`).
        withoutOptimizers: ['GemmTransposeFusion'],
      });
      loaded = { session, lookups };
    }
    this.#sessions.set(key, loaded);
    const graphs = [...this.#sessions].filter(([name]) => /^(fused|backward) /.test(name));
    for (const [name, { session }] of graphs.slice(0, Math.max(0, graphs.length - keptGraphs))) {
      this.#sessions.delete(name);
      await session.dispose();
    }
    return loaded;
  }
}

type Weights = ReadonlyMap<string, TensorValue>;

function weightOf(weights: Weights, name: string): TensorValue {
  const weight = weights.get(name);
  if (!weight) throw new RangeError(`there is no weight '${name}'`);
  return weight;
}

interface Built {
  readonly model: Uint8Array;
  readonly lookups: readonly LookupOutput[];
}

interface Loaded {
  readonly session: Session;
  readonly lookups: readonly LookupOutput[];
}

function lossOf(outputs: TensorValues): LossValue {
  const prefix = graphNames.part('');
  const value = (tensor: TensorValue | undefined) => Number(tensor?.data[0]);
  const parts = Object.entries(outputs)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, tensor]) => [name.slice(prefix.length), value(tensor)] as const);
  return { loss: value(outputs[graphNames.loss]), parts: Object.fromEntries(parts) };
}

function dimensionOf(dim: Dim, count: number, tokens: number): number {
  if (typeof dim === 'number') return dim;
  if (dim === 'B') return count;
  if (dim === 'T') return tokens;
  throw new RangeError(`a dropout site has the unknown dimension '${dim}'`);
}
