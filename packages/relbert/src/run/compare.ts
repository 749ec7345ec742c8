import { promptFor } from '../encoder/language-model.ts';
import type { Pooling } from '../encoder/pooling.ts';
import { createPromptBatchEncoder, type PromptBatchEncoder } from '../encoder/prompt-batch-encoder.ts';
import { type AnalogySet, evaluateAnalogy } from '../evaluate/analogy.ts';
import type { PairEmbedder } from '../evaluate/embedding-table.ts';
import type { StoredWeights } from '../models/weights.ts';
import { nodeRuntime } from '../node/runtime.ts';
import type { Prompt } from '../prompt/prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { encodePrompts, PromptLoss } from '../search/prompt-loss.ts';
import { train } from '../train/fine-tuning.ts';
import { withProgress } from '../train/pass.ts';
import { checkedLength, type EncodePair } from '../train/prompt-length.ts';
import { type HingeOptions, type PromptModel, promptLimit, validationBatches } from '../train/prompt-problem.ts';
import { recipeSampler } from '../train/recipe-sampler.ts';
import type { Recipe } from '../train/recipe-schema.ts';
import { splitSoftPrompt, type TrainedWeight } from '../train/soft-prompt-weights.ts';
import type { TripletBatch } from '../train/triplet-batch.ts';
import {
  dataEvent,
  type LossPairs,
  lossPairs,
  type PromptData,
  type PromptDataEvent,
  type PromptDataOptions,
  readPromptData,
} from './problem.ts';

export interface ComparePromptsOptions extends PromptDataOptions, HingeOptions {
  /** The prompts with their names in the table. */
  readonly prompts: readonly { readonly name: string; readonly spec: PromptSpec }[];
  /** Analogy questions for the accuracy; without questions it is not measured. */
  readonly validate?: readonly AnalogySet[] | undefined;
  /** The recipe of the short fine-tuning. */
  readonly recipe: Recipe;
  /** Its steps. 0: none. */
  readonly steps: number;
  /** Relations a step. Default: the recipe's, or all if there are fewer. */
  readonly batch?: number | undefined;
}

/** How good a prompt is. */
export interface PromptFigures {
  /** Mean triplet loss over held-out pairs, or over the training pairs where none are held out (`lossOver`). */
  readonly loss: number;
  /** Mean accuracy over the sets of questions; undefined without questions. */
  readonly accuracy: number | undefined;
}

export interface ComparedPrompt {
  readonly name: string;
  readonly text: string;
  /** With the language model unchanged. */
  readonly before: PromptFigures;
  /** After the short fine-tuning; undefined without it. */
  readonly after: PromptFigures | undefined;
  readonly seconds: number;
}

export type ComparePromptsEvent =
  | PromptDataEvent
  /** The loss of a prompt over the pairs of `lossOver`: `batch` of `batches` parts are seen. */
  | { readonly kind: 'measuring'; readonly name: string; readonly batch: number; readonly batches: number }
  | {
      readonly kind: 'step';
      readonly name: string;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
    }
  | { readonly kind: 'compared'; readonly result: ComparedPrompt }
  | {
      readonly kind: 'done';
      /** The pooling of the comparison: the option's, or else the model's. */
      readonly pooling: Pooling;
      readonly lossOver: LossPairs;
      readonly results: readonly ComparedPrompt[];
      /** The prompts with the lowest loss: more than one where they tie, in their order. */
      readonly best: readonly ComparedPrompt[];
    };

/**
 * Compares prompts as the paper chooses its template (appendix): by the loss of held-out pairs (of the training pairs
 * where none are held out), and by the accuracy on validation questions, before and after a short fine-tuning that is the
 * same for all of them. The best is the one with the lowest loss at the end.
 *
 * @throws OptionError, CheckpointError, DataError, PromptError or SamplingError for what cannot be used; the signal's reason
 *   when aborted
 */
export async function* comparePrompts(options: ComparePromptsOptions): AsyncGenerator<ComparePromptsEvent> {
  const { prompts, steps, signal } = options;
  const data = await readPromptData(options);
  const { model, train: training, validation } = data;
  yield dataEvent(data);
  const lossOver = lossPairs(data);
  const batches = validationBatches(lossOver === 'validation' ? validation : training);
  // An invalid prompt is refused before any is measured.
  const named = prompts.map(({ name, spec }) => ({ name, prompt: promptFor(model, spec, model.pooling) }));
  const results: ComparedPrompt[] = [];
  for (const { name, prompt } of named) {
    signal?.throwIfAborted();
    const start = performance.now();
    const before = yield* figures(options, model, name, prompt, batches);
    let after: PromptFigures | undefined;
    if (steps > 0) {
      const tuned = yield* fineTune(options, data, name, prompt);
      after = yield* figures(options, { ...model, weights: tuned.weights }, name, tuned.prompt, batches);
    }
    const seconds = (performance.now() - start) / 1000;
    const result: ComparedPrompt = { name, text: prompt.text, before, after, seconds };
    results.push(result);
    yield { kind: 'compared', result };
  }
  const lossOf = ({ before, after }: ComparedPrompt) => (after ?? before).loss;
  const least = Math.min(...results.map(lossOf));
  const best = results.filter((result) => lossOf(result) === least);
  yield { kind: 'done', pooling: model.pooling, lossOver, results, best };
}

async function* figures(
  { validate = [], threads, device, signal, margin, distance }: ComparePromptsOptions,
  model: PromptModel,
  name: string,
  prompt: Prompt,
  batches: readonly TripletBatch[],
): AsyncGenerator<ComparePromptsEvent, PromptFigures> {
  const { config, weights, pooling } = model;
  const maxLength = promptLimit(model);
  const encode = checkedLength((pair) => prompt.encode(pair), maxLength);
  const encoder = await createPromptBatchEncoder({
    ...{ config, weights, pooling, threads, signal },
    runtime: nodeRuntime({ device }),
    softPrompt: prompt.vectors,
  });
  try {
    const loss = new PromptLoss({ encoder, maxLength, signal, margin, distance });
    const mean = yield* withProgress(
      loss.meanPass(batches, encode),
      (batch): ComparePromptsEvent => ({ kind: 'measuring', name, batch, batches: batches.length }),
    );
    const embed = embedder(encoder, encode, signal);
    const accuracy = validate.length > 0 ? (await evaluateAnalogy(validate, embed)).macroAverage : undefined;
    return { loss: mean, accuracy };
  } finally {
    await encoder.dispose();
  }
}

function embedder(encoder: PromptBatchEncoder, encode: EncodePair, signal: AbortSignal | undefined): PairEmbedder {
  return async (pairs) => ({
    data: await encodePrompts(encoder, pairs.map(encode), pairs, signal),
    shape: [pairs.length, encoder.dimension],
  });
}

/** Model and prompt after the recipe's losses for some steps. */
async function* fineTune(
  { recipe, steps, batch, threads, device, signal }: ComparePromptsOptions,
  { model, train: relations }: PromptData,
  name: string,
  prompt: Prompt,
): AsyncGenerator<ComparePromptsEvent, { readonly weights: StoredWeights; readonly prompt: Prompt }> {
  const { epochs: _, ...rest } = recipe.training;
  const training = { ...rest, steps, every: null };
  const events = train({
    model: { ...model, prompt, maxLength: promptLimit(model) },
    training,
    sampler: recipeSampler(
      { ...recipe, sampling: samplingOf(recipe, relations.length, batch), training },
      new Map([['data', relations]]),
    ),
    runtime: nodeRuntime({ device }),
    threads,
    signal,
  });
  for await (const event of events) {
    if (event.kind === 'step') yield { kind: 'step', name, step: event.step, steps, loss: event.loss };
    if (event.kind === 'done') return trainedModel(event.weights, model, prompt);
  }
  throw new RangeError('the fine-tuning did not finish');
}

/** The recipe's batches over all relations, at most as large as their number. */
function samplingOf({ sampling }: Recipe, count: number, batch: number | undefined): Recipe['sampling'] {
  if (sampling.kind === 'triples') return { ...sampling, relations: Math.min(batch ?? sampling.relations, count) };
  const total = batch ?? sampling.parts.reduce((sum, { relations }) => sum + relations, 0);
  const [part] = sampling.parts;
  return {
    kind: 'relations',
    parts: part ? [{ ...part, data: null, relations: Math.min(total, count) }] : [],
  };
}

/** Weights as a checkpoint gives them. The vectors of a soft prompt were trained as rows after those of the words. */
function trainedModel(trained: ReadonlyMap<string, TrainedWeight>, { config }: PromptModel, prompt: Prompt) {
  const split = splitSoftPrompt(trained, config, prompt.vectors?.length ?? 0);
  const weights: StoredWeights = {
    names: [...split.weights.keys()],
    shape: (name) => split.weights.get(name)?.shape,
    async get(name) {
      const weight = split.weights.get(name);
      if (!weight) throw new RangeError(`there is no weight '${name}'`);
      return weight;
    },
  };
  return { weights, prompt: split.vectors ? { ...prompt, vectors: split.vectors } : prompt };
}
