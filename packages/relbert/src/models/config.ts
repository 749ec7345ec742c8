import { isJsonObject, type JsonObject } from '../text/json.ts';
import { type Activation, activations } from './activation.ts';
import { EncoderConfigError } from './config-error.ts';

export { EncoderConfigError };

/** What the rest of the library reads of a language model's config.json; each family adds what its graph needs. */
export interface EncoderConfig {
  /** `model_type` as written: 'bert', 'xlm-roberta' … */
  readonly modelType: string;
  /** Rows of the word-embedding table. */
  readonly vocabularySize: number;
  /** Dimension of a hidden state. */
  readonly hidden: number;
  /** Dimension of a word embedding: `hidden`, except in ALBERT, ELECTRA and some DeBERTas. */
  readonly embedding: number;
  readonly layers: number;
  readonly heads: number;
  /** The largest number of tokens of one input, special tokens included. */
  readonly maxLength: number;
  /** Id of the padding token. */
  readonly padId: number;
}

/** Most layers: more than any published encoder has, few enough for a graph to be built before weights are looked at. */
const mostLayers = 1024;
/** Largest size of anything else. A table of positions is worked out for some families. */
const largest = 2 ** 24;

/** Reads the value of a field, or throws EncoderConfigError that says what it must be. */
export type Field<T> = (value: unknown) => T;
type Fields = Readonly<Record<string, Field<unknown>>>;
/** What fields are read as. */
export type Values<F extends Fields> = { readonly [N in keyof F]: ReturnType<F[N]> };

/** The fields of a JSON object. @throws EncoderConfigError that names every one that is wrong */
export function readFields<F extends Fields>(json: JsonObject, fields: F): Values<F> {
  const problems: string[] = [];
  const values = Object.entries(fields).map(([name, read]) => {
    try {
      return [name, read(json[name])] as const;
    } catch (error) {
      if (!(error instanceof EncoderConfigError)) throw error;
      problems.push(`${name} ${error.message}`);
      return [name, undefined] as const;
    }
  });
  if (problems.length > 0) throw new EncoderConfigError(problems.join('; '));
  return Object.fromEntries(values) as Values<F>;
}

/** A rule between fields. @throws EncoderConfigError with the problem where it does not hold */
export function check(holds: boolean, problem: string): void {
  if (!holds) throw new EncoderConfigError(problem);
}

/** A field of config.json. null counts as missing; where transformers gives it a meaning, {@link orNull}. */
export function field<T>(expected: string, valid: (value: unknown) => boolean, byDefault?: T): Field<T> {
  return (value) => {
    const given = value ?? byDefault;
    check(valid(given), `must be ${expected}, got ${describe(value)}`);
    return given as T;
  };
}

/** A field that may be missing. */
export function optional<T>(read: Field<T>): Field<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : read(value));
}

/** A field whose null means something else than its default. */
export function orNull<T>(read: Field<T>): Field<T | null> {
  return (value) => (value === null ? null : read(value));
}

/** An object within config.json. */
export function object<F extends Fields>(fields: F): Field<Values<F>> {
  return (value) => {
    if (!isJsonObject(value)) throw new EncoderConfigError(`must be an object, got ${describe(value)}`);
    return readFields(value, fields);
  };
}

/** A list of some of these names. */
export function names<T extends string>(known: readonly T[]): Field<readonly T[]> {
  const read = field<readonly T[]>(`a list of ${known.join(', ')}`, Array.isArray);
  return (value) => {
    const given = read(value);
    const others = [...new Set(given.filter((name) => !known.includes(name)).map(describe))];
    check(others.length === 0, `names ${others.join(', ')}, which is not supported; supported: ${known.join(', ')}`);
    return given;
  };
}

/** A whole number of 1 or more. */
export function count(byDefault?: number, most: number = largest) {
  const valid = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= most;
  return field<number>(`a whole number from 1 to ${most}`, valid, byDefault);
}

/** A number of layers. */
export function layerCount() {
  return count(undefined, mostLayers);
}

/** A whole number of 0 or more. */
export function index(byDefault: number) {
  const valid = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= largest;
  return field<number>(`a whole number from 0 to ${largest}`, valid, byDefault);
}

/**
 * Id of the padding token of a model that counts positions by index. Attention never sees it, so that any id will do: 0
 * where the file names none, by null or by a negative number.
 */
export function paddingId(): Field<number> {
  const read = index(0);
  return (value) => (Number.isSafeInteger(value) && Number(value) < 0 ? 0 : read(value));
}

export function positive(byDefault: number) {
  return field<number>('a number above 0', (value) => Number.isFinite(value) && Number(value) > 0, byDefault);
}

export function probability(byDefault: number) {
  const valid = (value: unknown) => typeof value === 'number' && value >= 0 && value < 1;
  return field<number>('a number from 0 to below 1', valid, byDefault);
}

/** true or false; null is false, as Python takes it. */
export function flag(byDefault: boolean): Field<boolean> {
  const read = field<boolean>('true or false', (value) => typeof value === 'boolean', byDefault);
  return (value) => value !== null && read(value);
}

export function text(byDefault: string) {
  return field<string>('a string', (value) => typeof value === 'string', byDefault);
}

/** A field with one value that is supported, which is its default. null is another one, unless false is supported. */
export function only<T extends string | boolean | number>(supported: T): Field<T> {
  return (value) => {
    const given = value === undefined || (value === null && supported === false) ? supported : value;
    check(given === supported, `${describe(value)} is not supported; supported: ${supported}`);
    return supported;
  };
}

/** The name of an activation. */
export function activation(byDefault: string): Field<Activation> {
  return (value) => {
    const name = value ?? byDefault;
    if (typeof name === 'string' && Object.hasOwn(activations, name)) return activations[name] as Activation;
    const supported = Object.keys(activations).join(', ');
    throw new EncoderConfigError(
      `names the activation ${describe(value)}, which is not supported; supported: ${supported}`,
    );
  };
}

/** Fields under the names that BERT gave them, with BERT's defaults. Families spread them and replace what differs. */
export const bertFields = {
  model_type: text('bert'),
  vocab_size: count(),
  hidden_size: count(),
  num_hidden_layers: layerCount(),
  num_attention_heads: count(),
  intermediate_size: count(),
  hidden_act: activation('gelu'),
  layer_norm_eps: positive(1e-12),
  max_position_embeddings: count(),
  type_vocab_size: count(2),
  pad_token_id: paddingId(),
  hidden_dropout_prob: probability(0.1),
  attention_probs_dropout_prob: probability(0.1),
  position_embedding_type: only('absolute'),
  is_decoder: only(false),
};

/** What a layer of a post-norm transformer needs to be told. */
export interface BertConfig extends EncoderConfig {
  readonly intermediate: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** Rows of the position-embedding table. */
  readonly positions: number;
  readonly tokenTypes: number;
  /** Probability with which training drops an element of a hidden state. */
  readonly hiddenDropout: number;
  /** Probability with which training drops an attention weight. */
  readonly attentionDropout: number;
}

/** The fields under the library's names. */
export function bertConfig(json: Values<typeof bertFields>): BertConfig {
  return {
    modelType: json.model_type,
    vocabularySize: json.vocab_size,
    hidden: json.hidden_size,
    embedding: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    intermediate: json.intermediate_size,
    activation: json.hidden_act,
    epsilon: json.layer_norm_eps,
    positions: json.max_position_embeddings,
    maxLength: json.max_position_embeddings,
    tokenTypes: json.type_vocab_size,
    padId: json.pad_token_id,
    hiddenDropout: json.hidden_dropout_prob,
    attentionDropout: json.attention_probs_dropout_prob,
  };
}

/** A value of a JSON file as a message shows it. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}
