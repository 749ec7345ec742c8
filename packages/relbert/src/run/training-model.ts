/** The language model of a run, as its checkpoint, the recipe and a learned prompt make it. */
import type { Checkpoint } from '../encoder/checkpoint.ts';
import { checkVocabulary } from '../encoder/checkpoint-tokenizer.ts';
import { plainDefaults } from '../encoder/load-encoder.ts';
import { type Pooling, parsePooling } from '../encoder/pooling.ts';
import { parseEncoderConfig } from '../models/config.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { parseTemplate } from '../prompt/template.ts';
import { createTokenizer } from '../tokenizer/create-tokenizer.ts';
import type { Recipe } from '../train/recipe.ts';
import type { TrainingModel } from '../train/trainer.ts';

/** @param learned A prompt instead of the recipe's template. @throws CheckpointError, PoolingError, PromptError */
export function trainingModel(
  checkpoint: Checkpoint,
  recipe: Recipe,
  learned: PromptSpec | undefined,
): { model: TrainingModel; spec: PromptSpec } {
  const config = parseEncoderConfig(checkpoint.config);
  const tokenizer = createTokenizer(checkpoint.tokenizerFiles);
  checkVocabulary(checkpoint.origin, config.vocabularySize, tokenizer.vocabularySize);
  const pooling: Pooling = parsePooling(recipe.pooling ?? checkpoint.relbert?.pooling ?? plainDefaults.pooling);
  const spec: PromptSpec =
    learned ??
    (recipe.template === null
      ? (checkpoint.relbert?.prompt ?? { kind: 'template', text: parseTemplate(plainDefaults.template) })
      : { kind: 'template', text: parseTemplate(recipe.template) });
  const prompt = createPrompt(spec, tokenizer, {
    mask: pooling === 'mask',
    softStart: config.vocabularySize,
    embedding: config.embedding,
  });
  const maxLength = Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength);
  return { model: { config, weights: checkpoint.weights, prompt, pooling, maxLength }, spec };
}
