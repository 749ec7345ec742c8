import { EmbeddingError } from '../encoder/embedding-error.ts';
import { OptionError } from '../encoder/option-error.ts';
import { PromptTooLongError } from '../encoder/pair-encoder.ts';
import { PoolingError } from '../encoder/pooling-error.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { EncoderConfigError } from '../models/config-error.ts';
import { WeightError } from '../models/weight-error.ts';
import { PairError } from '../pair/pair-error.ts';
import { PromptError } from '../prompt/prompt-error.ts';
import { RuntimeError } from '../runtime/error.ts';
import { MissingPackageError } from '../text/missing-package-error.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { TokenizerError } from '../tokenizer/tokenizer-error.ts';

/** The classes that keep their class on the way from a worker to the page. */
const classes: Readonly<Record<string, { readonly prototype: Error }>> = {
  ...{ CheckpointError, EmbeddingError, EncoderConfigError, OptionError, PairError, PoolingError, PromptError },
  ...{ MissingPackageError, PromptTooLongError, RelbertError, RuntimeError, TokenizerError, WeightError },
  ...{ RangeError, TypeError },
};

/** An error as a message to another thread. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  /** Its further properties: `origin`, `pair` … */
  readonly properties: object;
  readonly cause: ErrorMessage | undefined;
}

export function toErrorMessage(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), properties: {}, cause: undefined };
  const { name, message, cause } = error;
  const properties = JSON.parse(JSON.stringify({ ...error })) as object; // what cannot be cloned is left out
  return { name, message, properties, cause: cause === undefined ? undefined : toErrorMessage(cause) };
}

/** An error of the same class with the same properties. */
export function fromErrorMessage({ name, message, properties, cause }: ErrorMessage): Error {
  const error = new Error(message, cause && { cause: fromErrorMessage(cause) });
  const { prototype } = classes[name] ?? Error;
  Object.setPrototypeOf(error, prototype);
  return Object.assign(error, { name, ...properties });
}
