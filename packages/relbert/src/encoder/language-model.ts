/** @file A language model is opened here, once a command, and passed on to whatever encodes, trains, searches or exports with it. */

import type { CheckpointFiles } from '../formats/byte-source.ts';
import { cardFields } from '../formats/card-fields.ts';
import type { EncoderConfig } from '../models/config.ts';
import { parseEncoderConfig } from '../models/registry.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { Prompt } from '../prompt/prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { type ManualTemplateName, parseTemplate } from '../prompt/template.ts';
import { createTokenizer } from '../tokenizer/create-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { TokenizerError } from '../tokenizer/tokenizer-error.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { OptionError } from './option-error.ts';
import { needsMask, type Pooling, parsePooling } from './pooling.ts';
import { tokenizerForRows } from './tokenizer-rows.ts';

/** A checkpoint with its configuration and its tokenizer. */
export interface LanguageModel {
  readonly files: CheckpointFiles;
  readonly checkpoint: Checkpoint;
  readonly config: EncoderConfig;
  readonly weights: Checkpoint['weights'];
  readonly tokenizer: Tokenizer;
  /** False where the tokenizer has ids without a word embedding: a text that holds such a token cannot be encoded. */
  readonly everyTokenHasRow: boolean;
  /** Tokens that one input may have, special tokens included. */
  readonly maxLength: number;
}

/** A language model with the prompt and the pooling that make it a relation encoder. */
export interface RelationModel extends LanguageModel {
  readonly pooling: Pooling;
  readonly spec: PromptSpec;
  readonly prompt: Prompt;
  readonly promptFrom: PromptSource;
  /** That of the checkpoint where prompt and pooling are the checkpoint's too; else 0. */
  readonly sharedWordDiscount: number;
}

/** Where a prompt is from: the caller's options, the checkpoint, or the default for a plain language model. */
export type PromptSource = 'options' | 'checkpoint' | 'default';

/** Prompt and pooling as a caller chooses them. */
export interface RelationModelOptions {
  /** A letter a–e, or the text of a template with `<subj>`, `<obj>` and perhaps `<mask>`. Default: the checkpoint's prompt; `a` for a plain language model. */
  readonly template?: ManualTemplateName | (string & {}) | undefined;
  /** A prompt of any kind (trigger, soft); not together with `template`. */
  readonly prompt?: PromptSpec | undefined;
  /** Default: the checkpoint's; `average_no_mask` for a plain language model. */
  readonly pooling?: Pooling | undefined;
}

/** Template and pooling of a plain language model when nothing else is said (the paper's defaults). */
const plainDefaults = { template: 'a', pooling: 'average_no_mask' } as const;

/**
 * Opens a checkpoint with its tokenizer. The weights are read when asked for.
 * @throws CheckpointError, EncoderConfigError or TokenizerError for a checkpoint that cannot be used
 */
export async function openLanguageModel(files: CheckpointFiles): Promise<LanguageModel> {
  const checkpoint = await openCheckpoint(files);
  const config = parseEncoderConfig(checkpoint.config, `${checkpoint.origin}/config.json`);
  const complete = tokenizerOf(checkpoint);
  const tokenizer = tokenizerForRows(complete, config.vocabularySize, checkpoint.origin);
  return {
    files,
    checkpoint,
    config,
    weights: checkpoint.weights,
    tokenizer,
    everyTokenHasRow: tokenizer === complete,
    maxLength: Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength),
  };
}

/** @throws TokenizerError with the checkpoint's folder or id */
function tokenizerOf({ tokenizerFiles, origin }: Checkpoint): Tokenizer {
  try {
    return createTokenizer(tokenizerFiles);
  } catch (error) {
    throw error instanceof TokenizerError ? error.in(origin) : error;
  }
}

/** The pooling asked for, else the checkpoint's, else the default. @throws PoolingError for an unknown name */
export function poolingOf({ checkpoint }: LanguageModel, wanted?: string | undefined): Pooling {
  return parsePooling(wanted ?? checkpoint.relbert?.pooling ?? plainDefaults.pooling);
}

/**
 * Prompt and pooling for a language model: those asked for, else the checkpoint's, else the defaults.
 * @throws OptionError, PoolingError or PromptError for an invalid choice
 */
export function relationModel(model: LanguageModel, options: RelationModelOptions = {}): RelationModel {
  const { relbert } = model.checkpoint;
  const { template, prompt } = options;
  if (template !== undefined && prompt !== undefined) {
    throw new OptionError('template and prompt are both given: leave one out');
  }
  const pooling = poolingOf(model, options.pooling);
  const asked = prompt ?? (template === undefined ? undefined : templateSpec(template));
  const spec = asked ?? relbert?.prompt ?? templateSpec(plainDefaults.template);
  const promptFrom = asked ? 'options' : relbert ? 'checkpoint' : 'default';
  // It was chosen for the cosines of this prompt and pooling.
  const own = relbert && pooling === relbert.pooling && isSamePrompt(spec, relbert.prompt);
  const sharedWordDiscount = own ? relbert.sharedWordDiscount : 0;
  return { ...model, pooling, spec, prompt: promptFor(model, spec, pooling), promptFrom, sharedWordDiscount };
}

function isSamePrompt(a: PromptSpec, b: PromptSpec): boolean {
  return a === b || (a.kind === 'template' && b.kind === 'template' && a.text === b.text);
}

function templateSpec(template: string): PromptSpec {
  return { kind: 'template', text: parseTemplate(template) };
}

/**
 * A prompt as a language model reads it: a soft prompt's vectors have the ids that follow the rows of the word
 * embeddings, where they are appended.
 * @throws PromptError for an invalid prompt
 */
export function promptFor(
  { config, tokenizer }: Pick<LanguageModel, 'config' | 'tokenizer'>,
  spec: PromptSpec,
  pooling: Pooling,
): Prompt {
  const { vocabularySize: softStart, embedding } = config;
  return createPrompt(spec, tokenizer, { mask: needsMask(pooling), softStart, embedding });
}

/** What a model card says about where the model comes from; empty where there is no card. */
export interface ModelOrigin {
  readonly license?: string;
  /** Hub id of the model that this one was made from. */
  readonly baseModel?: string;
}

export async function originOf({ files }: Pick<LanguageModel, 'files'>): Promise<ModelOrigin> {
  const card = await files.read('README.md');
  if (!card) return {};
  const fields = cardFields(new TextDecoder().decode(card));
  const [license, baseModel] = [fields?.field('license'), fields?.field('base_model')];
  return { ...(license !== undefined && { license }), ...(baseModel !== undefined && { baseModel }) };
}
