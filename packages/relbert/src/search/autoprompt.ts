import { needsMask } from '../encoder/pooling.ts';
import { createPromptBatchEncoder, type PromptBatchEncoder } from '../encoder/prompt-batch-encoder.ts';
import { PromptError } from '../prompt/prompt-error.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import { fittingTriggerCount, type TriggerCounts, triggerCount } from '../prompt/trigger-counts.ts';
import { checkSameConfiguration, type Json, plainJson } from '../train/configuration.ts';
import { type MeasuringEvent, type Pass, withProgress } from '../train/pass.ts';
import { PromptGradient } from '../train/prompt-gradient.ts';
import type { EncodePair } from '../train/prompt-length.ts';
import { type PromptProblem, promptLimit, validationBatches } from '../train/prompt-problem.ts';
import { randomOf } from '../train/sampler.ts';
import { type TripletBatch, tripletBatches } from '../train/triplet-batch.ts';
import type { AutopromptEvent } from './autoprompt-event.ts';
import {
  type CandidateFilters,
  candidateTokens,
  checkCandidateCount,
  promisedFall,
  rankCandidates,
} from './candidate.ts';
import { PromptLoss } from './prompt-loss.ts';
import { Race } from './race.ts';
import type { FoundPrompt, SearchState, SearchStore } from './search-state.ts';
import { TriggerWriter, triggerSpec } from './trigger-prompt.ts';

export interface AutopromptOptions extends PromptProblem {
  readonly counts: TriggerCounts;
  /** Tokens to start from, in the prompt's order. Default: mask tokens, as in the paper. */
  readonly initial?: readonly number[] | undefined;
  /** Default 50, as in the paper. */
  readonly iterations?: number | undefined;
  /** Candidates an iteration. Default 50, as in the paper. */
  readonly k?: number | undefined;
  /** Which trigger an iteration changes: a random one (the paper) or the one that promises most. Default 'random'. */
  readonly position?: 'random' | 'best' | undefined;
  readonly filters?: CandidateFilters | undefined;
  /** Default '2023'. */
  readonly layout?: PromptLayout | undefined;
  /** A candidate this many standard errors worse than the leader drops out; Infinity: none does. Default 2.25. */
  readonly deviations?: number | undefined;
  /** Saves the state after each iteration, when the caller has taken its events. Default: nothing is saved. */
  readonly store?: SearchStore | undefined;
  /** Go on from the store's state, if there is any. Default false. */
  readonly resume?: boolean | undefined;
  /** What a resumed run must share with the saved state in addition to these options: model, data. */
  readonly configuration?: Json | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fewer make the race shorter and miss the best candidate more often. */
const defaultDeviations = 2.25;

/**
 * AutoPrompt (Shin et al. 2020; paper, section 3.2): trigger tokens around a pair of words, found by a search over the
 * vocabulary that the gradient of the triplet loss guides, the language model frozen.
 *
 * Each iteration takes the gradient with respect to the input embedding at one trigger's place, averaged over the
 * training set, lets the k tokens with the greatest −e_w · ∇ race on the triplet loss ({@link Race}), and keeps the
 * best token if it is better than the present one. A place without improvement is not tried again until another trigger
 * changes. With the pooling `mask` the last mask token stays. The result is the prompt with the lowest validation loss, or training loss without held-out pairs.
 *
 * Every decision is a function of options, seed and state: a resumed search gives the same result.
 *
 * @throws PromptError for no triggers, k larger than the vocabulary, more triggers than the model has room for, a start
 *   without a mask token where the pooling needs one; PromptTooLongError, SamplingError, ConfigurationMismatchError; the
 *   signal's reason when aborted
 */
export async function* autoprompt(options: AutopromptOptions): AsyncGenerator<AutopromptEvent> {
  const search = await Search.create(options);
  try {
    yield* search.events();
  } finally {
    await search.dispose();
  }
}

class Search {
  readonly #options: AutopromptOptions;
  readonly #tokens: readonly number[];
  readonly #writer: TriggerWriter;
  readonly #gradient: PromptGradient;
  readonly #loss: PromptLoss;
  readonly #release: () => Promise<void>;
  readonly #training: readonly TripletBatch[];
  readonly #validation: readonly TripletBatch[];
  readonly #configuration: Json;

  static async create(options: AutopromptOptions): Promise<Search> {
    const { model, counts, runtime, threads, k = 50, signal } = options;
    const { config, tokenizer, weights, pooling } = model;
    signal?.throwIfAborted();
    const limit = promptLimit(model);
    const count = fittingTriggerCount(counts, 'triggers', limit);
    if (options.initial && options.initial.length !== count) {
      throw new PromptError(`the search starts from ${count} tokens, got ${options.initial.length}`);
    }
    if (needsMask(pooling)) checkMasks(startOf(options), tokenizer.special.mask.id);
    const tokens = candidateTokens(tokenizer, options.filters);
    checkCandidateCount(k, tokens);
    const gradient = await PromptGradient.create({ ...options, config, weights, pooling, count });
    let encoder: PromptBatchEncoder | undefined;
    const release = async () => encoder?.dispose();
    try {
      encoder = await createPromptBatchEncoder({ config, weights, runtime, pooling, threads, signal });
      const loss = new PromptLoss({ ...options, encoder, maxLength: limit });
      return new Search(options, tokens, gradient, loss, release);
    } catch (error) {
      await gradient.dispose();
      await release();
      throw error;
    }
  }

  private constructor(
    options: AutopromptOptions,
    tokens: readonly number[],
    gradient: PromptGradient,
    loss: PromptLoss,
    release: () => Promise<void>,
  ) {
    const { model, counts, relations, validation, seed, relationsPerBatch = 16 } = options;
    const { layout = '2023', k = 50, position = 'random', deviations = defaultDeviations, filters, initial } = options;
    this.#options = options;
    this.#tokens = tokens;
    this.#gradient = gradient;
    this.#loss = loss;
    this.#release = release;
    this.#writer = new TriggerWriter(model.tokenizer, model.config.vocabularySize, counts, layout);
    this.#training = tripletBatches({ relations, seed, relationsPerBatch });
    this.#validation = validationBatches(validation);
    const { margin = 1, distance = 'euclidean' } = options;
    this.#configuration = plainJson({
      run: options.configuration,
      ...{ counts, k, position, layout, seed, margin, distance, relationsPerBatch, initial },
      deviations: String(deviations),
      filters: { wholeWords: filters?.wholeWords ?? false, pairWords: filters?.pairWords !== undefined },
    });
  }

  async *events(): AsyncGenerator<AutopromptEvent> {
    const { iterations = 50, store, signal } = this.#options;
    const stored = await this.#resumed();
    let state = stored ?? (yield* this.#first());
    // A search that was stopped in its first iteration has no results: it starts as a new search.
    const goesOn = state.iteration > 0;
    yield {
      kind: 'start',
      iteration: state.iteration,
      iterations,
      finished: state.finished,
      text: this.#text(state.triggers),
      loss: goesOn ? undefined : state.best.loss,
      validation: goesOn ? undefined : state.best.validation,
      pairs: this.#training.reduce((sum, { pairs }) => sum + pairs.length, 0),
      triples: this.#training.reduce((sum, { relationOf }) => sum + relationOf.length, 0),
    };
    let gradient: Float32Array | undefined;
    while (state.iteration < iterations && !state.finished) {
      signal?.throwIfAborted();
      const start = performance.now();
      // Valid until a trigger changes.
      gradient ??= yield* this.#meanGradient(state.triggers);
      const position = this.#position(state, gradient);
      const found = yield* this.#race(state, gradient, position);
      const seconds = (performance.now() - start) / 1000;
      if (found.improved) gradient = undefined;
      state = await this.#after(state, position, found, seconds);
      const { improved, id } = found;
      yield {
        kind: 'iteration',
        iteration: state.iteration,
        position,
        before: found.before,
        loss: found.loss,
        improved,
        token: improved ? this.#options.model.tokenizer.token(id) : undefined,
        id: improved ? id : undefined,
        validation: found.validation,
        text: this.#text(state.triggers),
        encoded: found.encoded,
        exhaustive: found.exhaustive,
        seconds,
      };
      if (state.finished) yield { kind: 'converged', iteration: state.iteration };
      // Saved last: a run killed before this repeats the iteration and its events, so that the log loses no line.
      await store?.save(state);
    }
    const { best } = state;
    yield {
      kind: 'done',
      iteration: state.iteration,
      seconds: state.seconds,
      best,
      spec: triggerSpec(best.triggers, this.#writer.counts, this.#writer.layout),
      text: this.#text(best.triggers),
    };
  }

  async dispose(): Promise<void> {
    await this.#gradient.dispose();
    await this.#release();
  }

  async #resumed(): Promise<SearchState | undefined> {
    const { store, resume = false } = this.#options;
    const state = resume ? await store?.load() : undefined;
    if (state) checkSameConfiguration(state.configuration, this.#configuration);
    return state;
  }

  async *#first(): AsyncGenerator<MeasuringEvent, SearchState> {
    const { store } = this.#options;
    const triggers = startOf(this.#options);
    const encode = this.#writer.encoder(triggers);
    const loss = yield* measured('loss', this.#training, this.#loss.meanPass(this.#training, encode));
    const validation = yield* this.#validated(encode);
    const state: SearchState = {
      configuration: this.#configuration,
      iteration: 0,
      triggers,
      tried: [],
      best: { iteration: 0, triggers, loss, ...(validation !== undefined && { validation }) },
      seconds: 0,
      finished: false,
    };
    await store?.save(state);
    return state;
  }

  async *#meanGradient(triggers: readonly number[]): AsyncGenerator<MeasuringEvent, Float32Array> {
    const vectors = this.#gradient.vectorsOf(triggers);
    const encode = this.#writer.softEncoder(triggers);
    const pass = this.#gradient.meanPass(this.#training, encode, vectors, this.#options.signal);
    const { gradient } = yield* measured('gradient', this.#training, pass);
    return gradient;
  }

  /** The validation loss of a prompt; undefined without held-out pairs. */
  async *#validated(encode: EncodePair): AsyncGenerator<MeasuringEvent, number | undefined> {
    if (this.#validation.length === 0) return undefined;
    return yield* measured('validation', this.#validation, this.#loss.meanPass(this.#validation, encode));
  }

  #gradientAt(gradient: Float32Array, position: number): Float32Array {
    const width = this.#options.model.config.embedding;
    return gradient.subarray(position * width, (position + 1) * width);
  }

  /** Triggers that may change: all except the last mask token if the pooling needs it. */
  #changeable(triggers: readonly number[]): number[] {
    const { pooling, tokenizer } = this.#options.model;
    const masks = [...triggers.keys()].filter((place) => triggers[place] === tokenizer.special.mask.id);
    const kept = needsMask(pooling) && masks.length === 1 ? masks[0] : undefined;
    return [...triggers.keys()].filter((place) => place !== kept);
  }

  /** Among the positions not tried since the last improvement. */
  #position({ triggers, tried, iteration }: SearchState, gradient: Float32Array): number {
    const open = this.#changeable(triggers).filter((place) => !tried.includes(place));
    if (this.#options.position !== 'best') return randomOf(this.#options.seed, 22, iteration).choice(open);
    const promise = (place: number) =>
      promisedFall({
        table: this.#gradient.words,
        gradient: this.#gradientAt(gradient, place),
        tokens: this.#tokens,
        current: triggers[place] as number,
      });
    const promises = open.map(promise);
    return open[promises.indexOf(Math.max(...promises))] as number;
  }

  async *#race(state: SearchState, gradient: Float32Array, position: number): AsyncGenerator<AutopromptEvent, Found> {
    const { k = 50, deviations = defaultDeviations } = this.#options;
    const candidates = rankCandidates({
      table: this.#gradient.words,
      gradient: this.#gradientAt(gradient, position),
      tokens: this.#tokens,
      current: state.triggers[position] as number,
      k,
    });
    // Contestant 0 is the prompt as it stands.
    const prompts = [state.triggers, ...candidates.map((token) => state.triggers.with(position, token))].map(
      (triggers) => this.#writer.encoder(triggers),
    );
    const units = this.#training.reduce((sum, batch) => sum + new Set(batch.relationOf).size, 0);
    const race = new Race({ count: prompts.length, units, deviations, seeded: [0] });
    const before = this.#loss.encoded;
    let pairs = 0;
    for (const [at, batch] of this.#training.entries()) {
      pairs += batch.pairs.length;
      const losses = await this.#loss.ofBatch(
        batch,
        race.running.map((contestant) => prompts[contestant] as (typeof prompts)[number]),
      );
      race.add(losses, batch.relationOf, batch.relations);
      yield {
        kind: 'screening',
        iteration: state.iteration + 1,
        batch: at + 1,
        batches: this.#training.length,
        running: race.running.length - 1,
      };
    }
    const encoded = this.#loss.encoded - before;
    const currentLoss = race.mean(0);
    // Of equal losses the first wins: it ranks higher by the gradient.
    const winner = race.running.reduce((best, other) => (race.mean(other) < race.mean(best) ? other : best), 0);
    const improved = winner !== 0;
    const id = candidates[winner - 1] as number;
    const validation = improved
      ? yield* this.#validated(this.#writer.encoder(state.triggers.with(position, id)))
      : undefined;
    return {
      improved,
      id,
      before: currentLoss,
      loss: race.mean(winner),
      validation,
      encoded,
      exhaustive: prompts.length * pairs,
    };
  }

  async #after(state: SearchState, position: number, found: Found, seconds: number): Promise<SearchState> {
    const iteration = state.iteration + 1;
    const done = { ...state, iteration, seconds: state.seconds + seconds };
    if (!found.improved) {
      const tried = [...state.tried, position];
      return { ...done, tried, finished: tried.length === this.#changeable(state.triggers).length };
    }
    const triggers = state.triggers.with(position, found.id);
    const { loss, validation } = found;
    const prompt: FoundPrompt = { iteration, triggers, loss, ...(validation !== undefined && { validation }) };
    const { best } = state;
    const better = (prompt.validation ?? prompt.loss) < (best.validation ?? best.loss);
    return { ...done, triggers, tried: [], best: better ? prompt : best };
  }

  #text(triggers: readonly number[]): string {
    return triggerText(triggers, this.#writer.counts, this.#options);
  }
}

function measured<T>(
  what: MeasuringEvent['what'],
  { length: batches }: readonly TripletBatch[],
  pass: Pass<T>,
): AsyncGenerator<MeasuringEvent, T> {
  return withProgress(pass, (batch) => ({ kind: 'measuring', what, batch, batches }));
}

interface Found {
  readonly improved: boolean;
  readonly id: number;
  readonly before: number;
  readonly loss: number;
  readonly validation: number | undefined;
  readonly encoded: number;
  readonly exhaustive: number;
}

/** The tokens that a search begins with. */
function startOf({ model, counts, initial }: AutopromptOptions): readonly number[] {
  return initial ?? Array.from({ length: triggerCount(counts) }, () => model.tokenizer.special.mask.id);
}

/** @throws PromptError where the pooling over mask tokens leaves nothing to pool, or nothing to change */
function checkMasks(start: readonly number[], mask: number): void {
  if (!start.includes(mask)) {
    throw new PromptError(
      `the pooling 'mask' needs a mask token, and the prompt that the search starts from has none: start from a template with <mask>, or choose another pooling`,
    );
  }
  if (start.length === 1) {
    throw new PromptError(
      `the pooling 'mask' keeps one trigger as the mask token, and there is only 1 trigger: give 2 or more, or choose another pooling`,
    );
  }
}

/** The prompt as people read it: decoded triggers around `<subj>` and `<obj>`. */
function triggerText(
  ids: readonly number[],
  counts: TriggerCounts,
  { model }: Pick<AutopromptOptions, 'model'>,
): string {
  const { top, mid, bottom } = triggerSpec(ids, counts, '2023');
  const written = (part: readonly number[]) => model.tokenizer.decode(part).trim();
  return [written(top), '<subj>', written(mid), '<obj>', written(bottom)].filter((part) => part !== '').join(' ');
}
