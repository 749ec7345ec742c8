import { isJsonObject, type JsonObject } from '../text/json.ts';
import { albert } from './albert.ts';
import { bert } from './bert.ts';
import { describe, type EncoderConfig, EncoderConfigError } from './config.ts';
import { debertaV2 } from './deberta-v2.ts';
import { distilbert } from './distilbert.ts';
import { electra } from './electra.ts';
import type { Family } from './family.ts';
import { modernbert } from './modernbert.ts';
import { mpnet } from './mpnet.ts';
import { roberta } from './roberta.ts';

/** Every family that can be read. A new one is a file beside this one and a row here. */
const families: readonly Family[] = [bert, roberta, albert, distilbert, mpnet, electra, modernbert, debertaV2];

/** Values of `model_type` that can be read. */
export const supportedArchitectures: readonly string[] = families.flatMap(({ modelTypes }) => modelTypes);

/** The family of a configuration. */
export function familyOf({ modelType }: Pick<EncoderConfig, 'modelType'>): Family {
  const found = families.find(({ modelTypes }) => modelTypes.includes(modelType));
  if (!found) throw new EncoderConfigError(`architecture '${modelType}' ${supported()}`);
  return found;
}

/**
 * Reads the contents of a config.json.
 *
 * Only what changes the hidden states is read; what a published checkpoint holds beyond it (heads, labels, versions,
 * `relbert_config`) does not matter here.
 *
 * @param json The parsed file.
 * @param origin The file, for messages.
 * @throws EncoderConfigError for an architecture or activation that is not supported (named together with the
 *   supported ones), and for numbers that are missing or make no sense.
 */
export function parseEncoderConfig(json: unknown, origin = 'config.json'): EncoderConfig {
  const fail = (message: string) => new EncoderConfigError(`${origin}: ${message}`);
  if (!isJsonObject(json)) throw fail(`expected a JSON object, got ${describe(json)}`);
  const modelType = modelTypeOf(json, fail);
  const config = configOf(familyOf({ modelType }), { ...json, model_type: modelType }, fail);
  const { hidden, heads, padId, vocabularySize, maxLength } = config;
  if (hidden % heads !== 0) throw fail(`${heads} attention heads do not divide the hidden size ${hidden}`);
  if (padId >= vocabularySize) throw fail(`pad_token_id ${padId} lies outside the vocabulary of ${vocabularySize}`);
  if (maxLength < 1) {
    throw fail(`max_position_embeddings ${json['max_position_embeddings']} leaves no position for a token`);
  }
  return config;
}

function configOf(family: Family, json: JsonObject, fail: (message: string) => Error): EncoderConfig {
  try {
    return family.config(json);
  } catch (error) {
    throw error instanceof EncoderConfigError ? fail(error.message) : error;
  }
}

/** `model_type`, or what the name of the class in `architectures` says in old files. */
function modelTypeOf(fields: JsonObject, fail: (message: string) => Error): string {
  const written = fields['model_type'] ?? undefined;
  if (written !== undefined) {
    if (typeof written !== 'string') throw fail(`model_type must be a string, got ${describe(written)}`);
    if (supportedArchitectures.includes(written)) return written;
    throw fail(`architecture '${written}' (model_type) ${supported()}`);
  }
  const names = fields['architectures'];
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  if (typeof name !== 'string') {
    const families = supportedArchitectures.join(', ');
    throw fail(
      `neither model_type nor architectures is given: add "model_type": "bert", or the family it is of, to config.json; supported: ${families}`,
    );
  }
  // 'XLMRobertaForMaskedLM' is of 'xlm-roberta'.
  const found = supportedArchitectures.find((type) => name.toLowerCase().startsWith(type.replaceAll('-', '')));
  if (found === undefined) throw fail(`architecture '${name}' ${supported()}`);
  return found;
}

function supported(): string {
  return `is not supported; supported: ${supportedArchitectures.join(', ')}`;
}
