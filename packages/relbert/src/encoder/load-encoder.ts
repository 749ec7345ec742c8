import type { CheckpointFiles } from '../formats/byte-source.ts';
import { parseEncoderConfig } from '../models/config.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { type ManualTemplateName, parseTemplate } from '../prompt/template.ts';
import type { Runtime } from '../runtime/session.ts';
import { createTokenizer } from '../tokenizer/create-tokenizer.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { checkVocabulary } from './checkpoint-tokenizer.ts';
import { type Pooling, parsePooling } from './pooling.ts';
import { createPromptBatchEncoder } from './prompt-batch-encoder.ts';
import type { EncoderInfo, RelationEncoderParts } from './relation-encoder.ts';

/** Settings of an encoder that do not depend on where its files come from. */
export interface EncoderOptions {
  /** A letter a–e, or the text of a template with `<subj>`, `<obj>` and perhaps `<mask>`. Default: the checkpoint's own prompt; `a` for a plain language model. */
  readonly template?: ManualTemplateName | (string & {});
  /** A prompt of any kind (trigger, soft); not together with `template`. */
  readonly prompt?: PromptSpec;
  /** Default: the checkpoint's own; `average_no_mask` for a plain language model. */
  readonly pooling?: Pooling;
  /** Tokens that a prompt may have, special tokens included. Default: what the model takes. */
  readonly maxLength?: number;
  /** Padded tokens a batch. Default 1024. */
  readonly batchTokens?: number;
  /** `int8`: 8-bit matrix products, faster and less exact. Default `f32`. */
  readonly dtype?: 'f32' | 'int8';
  /** Threads of the runtime. Default: its choice. */
  readonly threads?: number;
  /** Divide each embedding by its Euclidean norm. Default false. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A setting that cannot be: out of range, or in contradiction with another. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** Template and pooling of a plain language model when nothing else is said (the paper's defaults). */
export const plainDefaults = { template: 'a', pooling: 'average_no_mask' } as const;

/**
 * Opens a checkpoint and makes everything that a RelationEncoder consists of.
 *
 * @throws CheckpointError, EncoderConfigError, TokenizerError or WeightError for a checkpoint that cannot be used;
 *   OptionError, PoolingError or PromptError for a setting that cannot be; RuntimeError where the runtime does not take
 *   the model; the signal's reason when aborted
 */
export async function loadEncoderParts(
  files: CheckpointFiles,
  runtime: Runtime,
  options: EncoderOptions,
): Promise<RelationEncoderParts> {
  const { signal, threads, dtype = 'f32' } = options;
  signal?.throwIfAborted();
  checkDtype(dtype);
  if (threads !== undefined) checkCount('threads', threads);
  const checkpoint = await openCheckpoint(files);
  const config = parseEncoderConfig(checkpoint.config);
  const tokenizer = createTokenizer(checkpoint.tokenizerFiles);
  checkVocabulary(checkpoint.origin, config.vocabularySize, tokenizer.vocabularySize);
  signal?.throwIfAborted();

  const pooling = parsePooling(options.pooling ?? checkpoint.relbert?.pooling ?? plainDefaults.pooling);
  const prompt = createPrompt(promptSpecOf(checkpoint, options), tokenizer, {
    mask: pooling === 'mask',
    softStart: config.vocabularySize,
    embedding: config.embedding,
  });
  const maxLength = maxLengthOf(options.maxLength, Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength));
  const batchEncoder = await createPromptBatchEncoder({
    config,
    weights: checkpoint.weights,
    runtime,
    pooling,
    dtype,
    ...(prompt.vectors && { softPrompt: prompt.vectors }),
    ...(threads !== undefined && { threads }),
  });
  const info: EncoderInfo = {
    origin: checkpoint.origin,
    architecture: config.modelType,
    layers: config.layers,
    hiddenSize: config.hidden,
    vocabularySize: config.vocabularySize,
    parameters: batchEncoder.parameters,
    prompt: { kind: prompt.kind, text: prompt.text },
    pooling,
    dimension: batchEncoder.dimension,
    maxLength,
    dtype,
    storedDtype: checkpoint.weights.storedType ?? 'none',
    bytes: checkpoint.weights.byteLength,
    runtime: runtime.name,
    promptFrom: options.template || options.prompt ? 'options' : checkpoint.relbert ? 'checkpoint' : 'default',
  };
  return {
    info,
    prompt,
    batchEncoder,
    ...(options.batchTokens !== undefined && { batchTokens: options.batchTokens }),
    ...(options.normalize !== undefined && { normalize: options.normalize }),
  };
}

function promptSpecOf(checkpoint: Checkpoint, { template, prompt }: EncoderOptions): PromptSpec {
  if (template !== undefined && prompt !== undefined) {
    throw new OptionError('template and prompt are both given: leave one out');
  }
  if (prompt) return prompt;
  if (template !== undefined) return { kind: 'template', text: parseTemplate(template) };
  return checkpoint.relbert?.prompt ?? { kind: 'template', text: parseTemplate(plainDefaults.template) };
}

function checkDtype(dtype: string): void {
  if (dtype !== 'f32' && dtype !== 'int8') throw new OptionError(`dtype must be 'f32' or 'int8', got '${dtype}'`);
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new OptionError(`${name} must be a positive whole number, got ${value}`);
}

function maxLengthOf(wanted: number | undefined, allowed: number): number {
  if (wanted === undefined) return allowed;
  checkCount('maxLength', wanted);
  if (wanted > allowed)
    throw new OptionError(`maxLength ${wanted} is more than the ${allowed} tokens that the model takes`);
  return wanted;
}
