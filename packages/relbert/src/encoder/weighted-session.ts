import { serialize, type Tensor } from '../graph/index.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { GraphParameter } from '../models/parameter.ts';
import { mappedParameters, readParameters, type StoredWeights } from '../models/weights.ts';
import type { Runtime, Session, SessionOptions } from '../runtime/session.ts';

export interface WeightedGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The weights that the graph takes. */
  readonly parameters: readonly GraphParameter[];
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
}

/**
 * A graph with a checkpoint's weights in it, loaded: those that lie in a file as the graph wants them are mapped where the
 * runtime maps files, the others read.
 *
 * @throws WeightError where weights are missing, misshapen or not finite; RuntimeError where the runtime does not take it
 */
export async function weightedSession(
  runtime: Runtime,
  { outputs, parameters, config, weights }: WeightedGraph,
  options: Omit<SessionOptions, 'initializers' | 'folder'> = {},
): Promise<Session> {
  const nothing = { files: {}, folder: undefined };
  const { files, folder } = runtime.mapsFiles ? await mappedParameters(parameters, config, weights) : nothing;
  const read = parameters.filter(({ name }) => !Object.hasOwn(files, name));
  const initializers = await readParameters(read, config, weights);
  const external = folder === undefined;
  const model = serialize({ outputs, initializers, files, external });
  return runtime.createSession(model, { ...options, ...(external ? { initializers } : { folder }) });
}
