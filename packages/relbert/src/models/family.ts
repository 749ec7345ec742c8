import type { Tensor } from '../graph/index.ts';
import type { JsonObject } from '../text/json.ts';
import type { EncoderConfig } from './config.ts';
import type { ModelBuilder } from './model-builder.ts';

/** A family of language models: how its config.json is read, and its graph. */
export interface Family<C extends EncoderConfig = EncoderConfig> {
  /** Values of `model_type` that belong to it. */
  readonly modelTypes: readonly string[];
  /** What stands before the base model's names in files of models with a head: 'bert.'. */
  readonly prefix: string;
  /** The name under which a head holds the word embeddings a second time; some files hold them there alone. */
  readonly tiedWords: string;
  /** config.json → what the graph is built from. @throws EncoderConfigError that names the fields that are wrong */
  readonly config: (json: JsonObject) => C;
  /** The last hidden states [B, T, H]. Weights are declared by use: `model.linear(x, name, size)`. */
  encode(model: ModelBuilder, config: C): Tensor;
}
