/**
 * The config.json of a HuggingFace checkpoint, read as what the encoders need.
 *
 * Only the numbers that change the hidden states are read; what a published checkpoint holds beyond them (heads,
 * labels, versions, `relbert_config`) is no concern of the encoder.
 */

/** Activation of the feed-forward layer. `gelu-tanh` is what HuggingFace calls gelu_new, gelu_fast and gelu_pytorch_tanh. */
export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu';

interface CommonConfig {
  /** `model_type` as written: 'bert', 'xlm-roberta' … */
  readonly modelType: string;
  /** Rows of the word-embedding table. */
  readonly vocabularySize: number;
  /** Dimension of a hidden state. */
  readonly hidden: number;
  /** Dimension of a word embedding: `hidden`, except in ALBERT. */
  readonly embedding: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** Rows of the position-embedding table. */
  readonly positions: number;
  /** The largest number of tokens of one input, special tokens included. */
  readonly maxLength: number;
  /** Id of the padding token. */
  readonly padId: number;
  /** Probability with which training drops an element of a hidden state, 0 to below 1. */
  readonly hiddenDropout: number;
  /** Probability with which training drops an attention weight, 0 to below 1. */
  readonly attentionDropout: number;
}

export interface BertConfig extends CommonConfig {
  readonly family: 'bert';
  readonly tokenTypes: number;
}

/** RoBERTa, XLM-RoBERTa, CamemBERT: positions are counted from the ids, padding aside. */
export interface RobertaConfig extends CommonConfig {
  readonly family: 'roberta';
  readonly tokenTypes: number;
}

/** ALBERT: small word embeddings, layers that share their weights. */
export interface AlbertConfig extends CommonConfig {
  readonly family: 'albert';
  readonly tokenTypes: number;
  /** Groups of layers with weights of their own; the layers are spread over them evenly. */
  readonly groups: number;
  /** Layers with weights of their own inside a group; each of the `layers` steps applies all of them. */
  readonly layersPerGroup: number;
}

/** DistilBERT: no token types. */
export interface DistilbertConfig extends CommonConfig {
  readonly family: 'distilbert';
}

/** MPNet: an attention bias by relative position, shared by the layers; no token types. */
export interface MpnetConfig extends CommonConfig {
  readonly family: 'mpnet';
  /** Rows of the table of relative positions' biases; the first 32 are used. */
  readonly relativeBuckets: number;
}

export type EncoderConfig = BertConfig | RobertaConfig | AlbertConfig | DistilbertConfig | MpnetConfig;
export type EncoderFamily = EncoderConfig['family'];

/** `model_type` of config.json → family. */
const families: Readonly<Record<string, EncoderFamily>> = {
  bert: 'bert',
  roberta: 'roberta',
  'xlm-roberta': 'roberta',
  camembert: 'roberta',
  albert: 'albert',
  distilbert: 'distilbert',
  mpnet: 'mpnet',
};

/** Values of `model_type` that can be read. */
export const supportedArchitectures: readonly string[] = Object.keys(families);

/** `hidden_act` of config.json → activation. */
const activations: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

/** Values of `hidden_act` that can be read. */
export const supportedActivations: readonly string[] = Object.keys(activations);

/** A config.json that no encoder can be built from; the message names the value and what is supported. */
export class EncoderConfigError extends Error {
  override readonly name = 'EncoderConfigError';
}

/**
 * Reads the contents of a config.json.
 *
 * @param json The parsed file.
 * @param origin Where it came from, for messages.
 * @throws EncoderConfigError for an architecture or activation that is not supported (named together with the
 *   supported ones), and for numbers that are missing or make no sense.
 */
export function parseEncoderConfig(json: unknown, origin = 'config.json'): EncoderConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new EncoderConfigError(`${origin}: expected a JSON object, got ${describe(json)}`);
  }
  const fields = new Fields(json as Record<string, unknown>, origin);
  const modelType = architectureOf(fields);
  const family = families[modelType] as EncoderFamily;
  fields.forbid('is_decoder', true, 'a decoder, whose attention looks one way only');
  const positionType = fields.text('position_embedding_type', 'absolute');
  if (positionType !== 'absolute') {
    throw fields.error(`position_embedding_type '${positionType}' is not supported; supported: absolute`);
  }
  const config = family === 'distilbert' ? distilbert(fields, modelType) : common(fields, modelType, family);
  if (config.hidden % config.heads !== 0) {
    throw fields.error(`${config.heads} attention heads do not divide the hidden size ${config.hidden}`);
  }
  if (config.maxLength < 1) {
    throw fields.error(`max_position_embeddings ${config.positions} leaves no position for a token`);
  }
  switch (family) {
    case 'bert':
    case 'roberta':
      return { family, ...config, tokenTypes: fields.count('type_vocab_size', 2) };
    case 'albert':
      return albert(fields, config);
    case 'distilbert':
      return { family, ...config };
    case 'mpnet': {
      const relativeBuckets = fields.count('relative_attention_num_buckets', 32);
      // The reference sorts into 32 buckets whatever this says: it is the size of the table alone.
      if (relativeBuckets < 32) {
        throw fields.error(`relative_attention_num_buckets must be 32 or more, got ${relativeBuckets}`);
      }
      return { family, ...config, relativeBuckets };
    }
  }
}

/** `model_type`, or what `architectures` says in old files. */
function architectureOf(fields: Fields): string {
  const supported = `supported: ${supportedArchitectures.join(', ')}`;
  const modelType = fields.optionalText('model_type');
  if (modelType !== undefined) {
    if (Object.hasOwn(families, modelType)) return modelType;
    throw fields.error(`architecture '${modelType}' (model_type) is not supported; ${supported}`);
  }
  const names = fields.get('architectures');
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  if (typeof name !== 'string') throw fields.error(`neither model_type nor architectures is given; ${supported}`);
  const classes: readonly (readonly [string, string])[] = [
    ['DistilBert', 'distilbert'],
    ['XLMRoberta', 'xlm-roberta'],
    ['Camembert', 'camembert'],
    ['Roberta', 'roberta'],
    ['Albert', 'albert'],
    ['MPNet', 'mpnet'],
    ['Bert', 'bert'],
  ];
  const found = classes.find(([prefix]) => name.startsWith(prefix));
  if (!found) throw fields.error(`architecture '${name}' is not supported; ${supported}`);
  return found[1];
}

function common(fields: Fields, modelType: string, family: EncoderFamily): CommonConfig {
  const hidden = fields.count('hidden_size');
  const positions = fields.count('max_position_embeddings');
  // Positions are counted from the row after the padding token's; MPNet has that row fixed.
  const padId = family === 'mpnet' ? 1 : fields.index('pad_token_id', family === 'roberta' ? 1 : 0);
  const counted = family === 'roberta' || family === 'mpnet';
  return checked(fields, {
    modelType,
    vocabularySize: fields.count('vocab_size'),
    hidden,
    embedding: family === 'albert' ? fields.count('embedding_size') : hidden,
    layers: fields.count('num_hidden_layers'),
    heads: fields.count('num_attention_heads'),
    intermediate: fields.count('intermediate_size'),
    activation: fields.activation('hidden_act', family === 'albert' ? 'gelu_new' : 'gelu'),
    layerNormEpsilon: fields.positive('layer_norm_eps', 1e-12),
    positions,
    maxLength: counted ? positions - padId - 1 : positions,
    padId,
    hiddenDropout: fields.probability('hidden_dropout_prob', family === 'albert' ? 0 : 0.1),
    attentionDropout: fields.probability('attention_probs_dropout_prob', family === 'albert' ? 0 : 0.1),
  });
}

function distilbert(fields: Fields, modelType: string): CommonConfig {
  const hidden = fields.count('dim');
  const positions = fields.count('max_position_embeddings');
  return checked(fields, {
    modelType,
    vocabularySize: fields.count('vocab_size'),
    hidden,
    embedding: hidden,
    layers: fields.count('n_layers'),
    heads: fields.count('n_heads'),
    intermediate: fields.count('hidden_dim'),
    activation: fields.activation('activation', 'gelu'),
    layerNormEpsilon: 1e-12,
    positions,
    maxLength: positions,
    padId: fields.index('pad_token_id', 0),
    hiddenDropout: fields.probability('dropout', 0.1),
    attentionDropout: fields.probability('attention_dropout', 0.1),
  });
}

function checked(fields: Fields, config: CommonConfig): CommonConfig {
  if (config.padId >= config.vocabularySize) {
    throw fields.error(`pad_token_id ${config.padId} lies outside the vocabulary of ${config.vocabularySize}`);
  }
  return config;
}

function albert(fields: Fields, config: CommonConfig): AlbertConfig {
  const groups = fields.count('num_hidden_groups', 1);
  if (groups > config.layers) {
    throw fields.error(`num_hidden_groups ${groups} is more than the ${config.layers} hidden layers`);
  }
  return {
    family: 'albert',
    ...config,
    tokenTypes: fields.count('type_vocab_size', 2),
    groups,
    layersPerGroup: fields.count('inner_group_num', 1),
  };
}

/** Typed reading of the fields, with errors that name file, field, value and what was expected. */
class Fields {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #origin: string;

  constructor(json: Readonly<Record<string, unknown>>, origin: string) {
    this.#json = json;
    this.#origin = origin;
  }

  get(name: string): unknown {
    return this.#json[name];
  }

  error(message: string): EncoderConfigError {
    return new EncoderConfigError(`${this.#origin}: ${message}`);
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name) ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.#expected(name, 'a string');
    return value;
  }

  text(name: string, byDefault: string): string {
    return this.optionalText(name) ?? byDefault;
  }

  /** A whole number of 1 or more. */
  count(name: string, byDefault?: number): number {
    return this.#number(name, byDefault, 'a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0);
  }

  /** A whole number of 0 or more. */
  index(name: string, byDefault: number): number {
    return this.#number(name, byDefault, 'a whole number', (value) => Number.isSafeInteger(value) && value >= 0);
  }

  positive(name: string, byDefault: number): number {
    return this.#number(name, byDefault, 'a number above 0', (value) => value > 0 && Number.isFinite(value));
  }

  probability(name: string, byDefault: number): number {
    return this.#number(name, byDefault, 'a number from 0 to below 1', (value) => value >= 0 && value < 1);
  }

  activation(name: string, byDefault: string): Activation {
    const value = this.text(name, byDefault);
    const activation = Object.hasOwn(activations, value) ? activations[value] : undefined;
    if (!activation) {
      throw this.error(
        `activation '${value}' (${name}) is not supported; supported: ${supportedActivations.join(', ')}`,
      );
    }
    return activation;
  }

  forbid(name: string, value: unknown, meaning: string): void {
    if (this.get(name) === value) throw this.error(`${name} is ${JSON.stringify(value)}: ${meaning}, is not supported`);
  }

  #number(name: string, byDefault: number | undefined, expected: string, valid: (value: number) => boolean): number {
    const value = this.get(name) ?? byDefault;
    if (typeof value !== 'number' || !valid(value)) throw this.#expected(name, expected);
    return value;
  }

  #expected(name: string, expected: string): EncoderConfigError {
    return this.error(`${name} must be ${expected}, got ${describe(this.get(name))}`);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}
