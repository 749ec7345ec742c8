import type { CheckpointFiles } from '../formats/byte-source.ts';
import { probeModel } from '../graph/probe.ts';
import { parameterCount, storedParameters } from '../models/encoder.ts';
import { resolveWeightNames } from '../models/weights.ts';

import type { Runtime } from '../runtime/session.ts';
import { calibrationPrompts, storedInputs } from './calibration.ts';
import { dtypes, type EncoderOptions } from './encoder-options.ts';
import { type LanguageModel, openLanguageModel, type RelationModel, relationModel } from './language-model.ts';
import { checkCount, OptionError } from './option-error.ts';
import type { EncoderInfo, RelationEncoderParts } from './pair-encoder.ts';
import { pooledSize } from './pooling.ts';
import { createPromptBatchEncoder } from './prompt-batch-encoder.ts';
import { promptTokens } from './prompt-tokens.ts';

/**
 * Opens a checkpoint and makes everything that a RelationEncoder consists of.
 *
 * @throws CheckpointError, EncoderConfigError, TokenizerError or WeightError for a checkpoint that cannot be used;
 *   OptionError, PoolingError or PromptError for an invalid setting; RuntimeError where the runtime does not take
 *   the model; the signal's reason when aborted
 */
export async function loadEncoderParts(
  files: CheckpointFiles,
  runtime: Runtime,
  options: EncoderOptions,
): Promise<RelationEncoderParts> {
  options.signal?.throwIfAborted();
  checkEncoderOptions(options);
  return encoderParts(await openLanguageModel(files), runtime, options);
}

/** The same for a language model that is open already. The runtime stays the caller's where this throws. */
export async function encoderParts(
  languageModel: LanguageModel,
  runtime: Runtime,
  options: EncoderOptions,
): Promise<RelationEncoderParts> {
  const { signal, threads, quickStart, batchTokens, normalize } = options;
  checkEncoderOptions(options);
  signal?.throwIfAborted();
  const model = relationModel(languageModel, options);
  const { config, weights, prompt, pooling } = model;
  const maxLength = maxLengthOf(options.maxLength, model.maxLength);
  const dtype = await computedType(model, options);
  const batchEncoder = await createPromptBatchEncoder({
    ...{ config, weights, runtime, pooling, threads, quickStart, signal },
    calibration: dtype === 'int8' ? calibrationPrompts(prompt, maxLength) : undefined,
    softPrompt: prompt.vectors,
  });
  return {
    info: infoOf(model, { ...batchEncoder, dtype, runtime: runtime.name, maxLength }),
    prompt,
    batchEncoder,
    promptTokens: (pair) => promptTokens(pair, model),
    batchTokens,
    normalize,
  };
}

/**
 * What an encoder is, without reading its weights: their names and shapes are checked, and the device is tried.
 * @throws as {@link loadEncoderParts}, except for the values of weights
 */
export async function describeEncoder(
  files: CheckpointFiles,
  runtime: Runtime,
  options: EncoderOptions,
): Promise<EncoderInfo> {
  options.signal?.throwIfAborted();
  checkEncoderOptions(options);
  const model = relationModel(await openLanguageModel(files), options);
  const { config, pooling, prompt, weights } = model;
  resolveWeightNames(config, weights);
  const probe = await runtime.createSession(probeModel());
  const { device } = probe;
  await probe.dispose();
  return infoOf(model, {
    device,
    dtype: await computedType(model, options),
    dimension: pooledSize(pooling, config.hidden),
    parameters: parameterCount(storedParameters(config)) + (prompt.vectors?.length ?? 0),
    runtime: runtime.name,
    maxLength: maxLengthOf(options.maxLength, model.maxLength),
  });
}

function infoOf(
  { checkpoint, config, weights, prompt, promptFrom, pooling, sharedWordDiscount }: RelationModel,
  {
    parameters,
    dimension,
    dtype,
    device,
    runtime,
    maxLength,
  }: Pick<EncoderInfo, 'parameters' | 'dimension' | 'dtype' | 'device' | 'runtime' | 'maxLength'>,
): EncoderInfo {
  return {
    origin: checkpoint.origin,
    architecture: config.modelType,
    layers: config.layers,
    hiddenSize: config.hidden,
    vocabularySize: config.vocabularySize,
    parameters,
    prompt: { kind: prompt.kind, text: prompt.text },
    promptFrom,
    pooling,
    sharedWordDiscount,
    dimension,
    maxLength,
    dtype,
    storedDtype: weights.storedType ?? 'none',
    bytes: weights.byteLength,
    runtime,
    device,
  };
}

function checkEncoderOptions({ dtype = 'f32', threads }: EncoderOptions): void {
  if (!dtypes.includes(dtype)) {
    throw new OptionError(`dtype must be 'f32', 'int8' or 'stored', got '${dtype}'`);
  }
  if (threads !== undefined) checkCount('threads', threads);
}

async function computedType(
  { config, weights }: RelationModel,
  { dtype = 'f32' }: EncoderOptions,
): Promise<EncoderInfo['dtype']> {
  if (dtype !== 'stored') return dtype;
  return (await storedInputs(config, weights)) ? 'int8' : 'f32';
}

function maxLengthOf(wanted: number | undefined, allowed: number): number {
  if (wanted === undefined) return allowed;
  checkCount('maxLength', wanted);
  if (wanted > allowed)
    throw new OptionError(`maxLength ${wanted} is more than the ${allowed} tokens that the model takes`);
  return wanted;
}
