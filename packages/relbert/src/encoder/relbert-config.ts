/**
 * @file `relbert_config` in config.json: the prompt and the pooling that a relation encoder was trained with.
 *
 * Four generations of the Python package (relbert on PyPI) wrote it:
 * - 2021, manual template: `{mode, custom_template}` (in the first weeks a letter: `custom_template_type`);
 * - 2021, learned prompt: `{mode, template: {top, mid, bottom}}` with trigger ids, or with `embedding`,
 *   `n_trigger_b`, `n_trigger_i`, `n_trigger_e`, `pseudo_token` for a soft prompt;
 * - 2022: `{mode, template: string, template_mode: "manual"}`;
 * - 2023: `{aggregation_mode, template: string}`.
 *
 * All are read. What is written is the 2023 form, with `pooling` and `prompt` beside it where the 2023 form alone
 * cannot say what was meant, or on request the 2021 form.
 */

import { CheckpointError } from '../formats/checkpoint-error.ts';
import { isSharedWordDiscount } from '../pair/shared-word.ts';
import { PromptError } from '../prompt/prompt-error.ts';
import type { PromptSpec, SoftSpec, TemplateSpec, TriggerSpec } from '../prompt/spec.ts';
import { parseTemplate } from '../prompt/template.ts';
import { excerpt } from '../text/excerpt.ts';
import type { JsonObject } from '../text/json.ts';
import { isJsonObject } from '../text/json.ts';
import { suggestion } from '../text/nearest-name.ts';
import { type Pooling, poolings } from './pooling.ts';

/** Which generation of the Python package reads a configuration. */
export type RelbertConfigForm = '2021' | '2022' | '2023';

export interface RelbertConfig {
  readonly form: RelbertConfigForm;
  readonly pooling: Pooling;
  readonly prompt: PromptSpec;
  /** `shared_word_discount`, this package's own: what the cosine of pairs that share a word loses in analogies. Default 0. */
  readonly sharedWordDiscount: number;
}

/**
 * Reads a `relbert_config` of any generation.
 * @param origin For messages: the file that it stands in.
 * @throws CheckpointError naming the entry that is missing or not understood
 */
export function parseRelbertConfig(value: unknown, origin: string): RelbertConfig {
  const place = `${origin}, relbert_config`;
  if (!isJsonObject(value)) throw new CheckpointError(place, 'expected a JSON object');
  const sharedWordDiscount = value['shared_word_discount'] ?? 0;
  if (!isSharedWordDiscount(sharedWordDiscount)) {
    throw new CheckpointError(
      `${place}.shared_word_discount`,
      `expected a number from 0 to 2, got ${excerpt(sharedWordDiscount)}`,
    );
  }
  return { ...promptAndPooling(value, place), sharedWordDiscount };
}

function promptAndPooling(value: JsonObject, place: string): Omit<RelbertConfig, 'sharedWordDiscount'> {
  const modern = 'aggregation_mode' in value;
  if (!modern && !('mode' in value)) {
    throw new CheckpointError(place, 'neither aggregation_mode (2023) nor mode (2021, 2022) is given');
  }
  const mode = modern ? 'aggregation_mode' : 'mode';
  // `pooling` is this package's own and says exactly what was trained; the other two are the Python package's
  const key = 'pooling' in value ? 'pooling' : mode;
  const pooling = parsePoolingName(value[key], `${place}.${key}`);
  if (isJsonObject(value['prompt'])) {
    return { form: modern ? '2023' : '2022', pooling, prompt: parsePrompt(value['prompt'], `${place}.prompt`) };
  }
  const { template } = value;
  if (modern) return { form: '2023', pooling, prompt: templateOf(template, `${place}.template`) };
  if (isJsonObject(template)) return { form: '2021', pooling, prompt: parsePrompt2021(template, `${place}.template`) };
  if (template !== undefined && template !== null) {
    const templateMode = value['template_mode'] ?? 'manual';
    if (templateMode !== 'manual') {
      throw new CheckpointError(`${place}.template_mode`, `expected "manual", got ${excerpt(templateMode)}`);
    }
    return { form: '2022', pooling, prompt: templateOf(template, `${place}.template`) };
  }
  for (const name of ['custom_template', 'custom_template_type', 'template_type']) {
    const text = value[name];
    if (text !== undefined && text !== null) {
      return { form: '2021', pooling, prompt: templateOf(text, `${place}.${name}`) };
    }
  }
  throw new CheckpointError(place, 'there is no template in it (template, or custom_template in the 2021 form)');
}

export interface RelbertConfigToWrite {
  readonly pooling: Pooling;
  readonly prompt: PromptSpec;
  /** The prompt for people and for the Python package: a template's text, or the decoded triggers. */
  readonly text: string;
  /** Default '2023'. */
  readonly form?: '2021' | '2023';
  /** Default 0. */
  readonly sharedWordDiscount?: number;
}

/**
 * A `relbert_config` to write.
 *
 * 2023: `relbert` 2.0.2 loads it, and where it can do the same as this package it does. Where it cannot (a pooling
 * that it does not know, a soft prompt), its `aggregation_mode` holds a name that it refuses when it is asked for
 * an embedding, which is better than wrong embeddings.
 *
 * 2021: what `relbert` 0.0.2 reads: the `mode` has to be one of its three.
 */
export function relbertConfigJson({ sharedWordDiscount = 0, ...config }: RelbertConfigToWrite): JsonObject {
  return {
    ...promptAndPoolingJson(config),
    ...(sharedWordDiscount !== 0 && { shared_word_discount: sharedWordDiscount }),
  };
}

function promptAndPoolingJson({ pooling, prompt, text, form = '2023' }: RelbertConfigToWrite): JsonObject {
  if (form === '2021') return json2021(pooling, prompt);
  const plain = prompt.kind === 'template';
  // the Python package calls its sum average_no_mask
  const python = pooling === 'sum_no_mask' ? 'average_no_mask' : pooling;
  return {
    aggregation_mode: prompt.kind === 'soft' ? 'soft_prompt' : python,
    template: plain ? prompt.text : text,
    ...(plain && python === pooling ? {} : { pooling }),
    ...(plain ? {} : { prompt: promptJson(prompt) }),
  };
}

function json2021(pooling: Pooling, prompt: PromptSpec): JsonObject {
  const mode = pooling === 'sum_no_mask' ? 'average_no_mask' : pooling;
  if (!poolings2021.includes(mode)) {
    throw new CheckpointError(
      'relbert_config',
      `the 2021 form has no pooling ${pooling}; it has ${poolings2021.join(', ')}`,
    );
  }
  return prompt.kind === 'template'
    ? { mode, custom_template: prompt.text }
    : { mode, template: prompt2021Json(prompt) };
}

/** The modes that the Python package computes: the poolings that the 2021 form has. */
export const poolings2021: readonly string[] = ['average_no_mask', 'average', 'mask'];

/**
 * A learned prompt as the 2021 package keeps it, in `relbert_config.template` and in its `prompt.json`:
 * `{top, mid, bottom}` or `{n_trigger_b, n_trigger_i, n_trigger_e, pseudo_token, embedding}`.
 */
export function parsePrompt2021(template: JsonObject, place: string): PromptSpec {
  if (!('embedding' in template)) {
    return { kind: 'trigger', ...triggerIds(template, place), layout: '2021' };
  }
  const top = count(template['n_trigger_b'], `${place}.n_trigger_b`);
  const mid = count(template['n_trigger_i'], `${place}.n_trigger_i`);
  const bottom = count(template['n_trigger_e'], `${place}.n_trigger_e`);
  return {
    kind: 'soft',
    top,
    mid,
    bottom,
    ...softVectors(template['embedding'], top + mid + bottom, place),
    layout: '2021',
  };
}

/** The counterpart of {@link parsePrompt2021}. */
export function prompt2021Json(prompt: TriggerSpec | SoftSpec): JsonObject {
  const { top, mid, bottom } = prompt;
  if (prompt.kind === 'trigger') return { top, mid, bottom };
  return {
    n_trigger_b: top,
    n_trigger_i: mid,
    n_trigger_e: bottom,
    pseudo_token: '<prompt>',
    embedding: embeddingRows(prompt.vectors, prompt.hidden),
  };
}

/** A learned prompt as this package keeps it beside the 2023 form; every number comes back to the same bits. */
export function promptJson(prompt: TriggerSpec | SoftSpec): JsonObject {
  const { kind, layout, top, mid, bottom } = prompt;
  if (prompt.kind === 'trigger') {
    return { kind, layout, top, mid, bottom, ...(prompt.tokens && { tokens: prompt.tokens }) };
  }
  return { kind, layout, top, mid, bottom, embedding: embeddingRows(prompt.vectors, prompt.hidden) };
}

/** The counterpart of {@link promptJson}; takes `{kind: 'template', text}` too. */
export function parsePrompt(value: JsonObject, place: string): PromptSpec {
  const { kind, layout = '2023' } = value;
  if (kind === 'template') return templateOf(value['text'], `${place}.text`);
  if (layout !== '2021' && layout !== '2023') {
    throw new CheckpointError(`${place}.layout`, `expected "2021" or "2023", got ${excerpt(layout)}`);
  }
  if (kind === 'trigger') return { kind, ...triggerIds(value, place), layout, ...triggerTokens(value, place) };
  if (kind === 'soft') {
    const top = count(value['top'], `${place}.top`);
    const mid = count(value['mid'], `${place}.mid`);
    const bottom = count(value['bottom'], `${place}.bottom`);
    return { kind, top, mid, bottom, ...softVectors(value['embedding'], top + mid + bottom, place), layout };
  }
  throw new CheckpointError(`${place}.kind`, `expected "template", "trigger" or "soft", got ${excerpt(kind)}`);
}

function parsePoolingName(value: unknown, place: string): Pooling {
  if (typeof value !== 'string') throw new CheckpointError(place, `expected a pooling, got ${excerpt(value)}`);
  // hub names of 2022 and 2023 spell it average-no-mask
  const name = value.replaceAll('-', '_');
  const found = poolings.find((pooling) => pooling === name);
  if (found !== undefined) return found;
  throw new CheckpointError(
    place,
    `unknown pooling ${excerpt(value)}${suggestion(value, poolings)}; known are ${poolings.join(', ')}`,
  );
}

/** A template's text, or the letter of one of the manual templates. */
function templateOf(value: unknown, place: string): TemplateSpec {
  if (typeof value !== 'string') {
    throw new CheckpointError(place, `expected a template, got ${excerpt(value)}`);
  }
  try {
    return { kind: 'template', text: parseTemplate(value) };
  } catch (error) {
    if (error instanceof PromptError) throw new CheckpointError(place, error.message, { cause: error });
    throw error;
  }
}

function triggerIds(value: JsonObject, place: string): { top: number[]; mid: number[]; bottom: number[] } {
  const ids = (name: string): number[] => {
    const list = value[name];
    if (!Array.isArray(list) || !list.every((id) => Number.isSafeInteger(id) && (id as number) >= 0)) {
      throw new CheckpointError(`${place}.${name}`, `expected a list of token ids, got ${excerpt(list)}`);
    }
    return list as number[];
  };
  return { top: ids('top'), mid: ids('mid'), bottom: ids('bottom') };
}

/** Names of the triggers, which are there to find out another vocabulary. */
function triggerTokens({ tokens }: JsonObject, place: string): { tokens?: string[] } {
  if (tokens === undefined) return {};
  if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return { tokens };
  throw new CheckpointError(`${place}.tokens`, `expected a list of tokens, got ${excerpt(tokens)}`);
}

function count(value: unknown, place: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new CheckpointError(place, `expected a number of soft-prompt tokens, got ${excerpt(value)}`);
}

function softVectors(value: unknown, rows: number, place: string): { vectors: Float32Array; hidden: number } {
  const entry = `${place}.embedding`;
  if (!Array.isArray(value) || value.length !== rows) {
    const found = Array.isArray(value) ? `${value.length} rows` : excerpt(value);
    throw new CheckpointError(entry, `expected ${rows} rows, one a soft-prompt token, got ${found}`);
  }
  const hidden = Array.isArray(value[0]) ? value[0].length : 0;
  const vectors = new Float32Array(rows * hidden);
  for (const [row, vector] of value.entries()) {
    if (!Array.isArray(vector) || vector.length !== hidden || !vector.every(isFloat)) {
      throw new CheckpointError(entry, `row ${row} is not a list of ${hidden} finite numbers`);
    }
    vectors.set(vector, row * hidden);
  }
  return { vectors, hidden };
}

/** A number that is finite in float32, too. */
function isFloat(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

/** A float32 printed as the double of the same value comes back as the same float32. */
function embeddingRows(vectors: Float32Array, hidden: number): number[][] {
  const broken = vectors.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new CheckpointError('relbert_config', `the soft prompt holds ${vectors[broken]}, which cannot be written`);
  return Array.from({ length: vectors.length / hidden }, (_, row) => [
    ...vectors.subarray(row * hidden, (row + 1) * hidden),
  ]);
}
