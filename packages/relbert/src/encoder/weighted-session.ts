import { reduceL2, serialize, type Tensor } from '../graph/index.ts';
import type { EncoderConfig } from '../models/config.ts';
import type { GraphParameter } from '../models/parameter.ts';
import { mappedParameters, readParameters, resolveWeightNames, type StoredWeights } from '../models/weights.ts';
import type { FileRange, Runtime, Session, SessionOptions } from '../runtime/session.ts';

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
  const mapping = runtime.mapsFiles ? await mappedParameters(parameters, config, weights) : nothing;
  const { files, folder } = mapping;
  if (folder !== undefined) await checkMapped(runtime, { parameters, config, weights }, { files, folder });
  const read = parameters.filter(({ name }) => !Object.hasOwn(files, name));
  const initializers = await readParameters(read, config, weights);
  const external = folder === undefined;
  const model = serialize({ outputs, initializers, files, external });
  return runtime.createSession(model, { ...options, ...(external ? { initializers } : { folder }) });
}

/**
 * Looks for values that are not finite where nothing but the runtime reads the weights: by their norms.
 * @throws what reading the weight throws
 */
async function checkMapped(
  runtime: Runtime,
  { parameters, config, weights }: Omit<WeightedGraph, 'outputs'>,
  { files, folder }: { readonly files: Readonly<Record<string, FileRange>>; readonly folder: string },
): Promise<void> {
  const mapped = parameters.filter(({ name, dtype }) => dtype === 'float32' && Object.hasOwn(files, name));
  if (mapped.length === 0) return;
  const outputs = Object.fromEntries(mapped.map(({ tensor }, i) => [`norm ${i}`, reduceL2(tensor)]));
  const options: SessionOptions = { folder, optimization: 'disabled', prepacking: false };
  await using session = await runtime.createSession(serialize({ outputs, files }), options);
  const norms = await session.run({});
  const names = resolveWeightNames(config, weights);
  for (const [i, { sources }] of mapped.entries()) {
    // The norm of finite weights may be infinite, too.
    if (!Number.isFinite(norms[`norm ${i}`]?.data[0])) await weights.get(names.get(sources[0]?.name ?? '') ?? '');
  }
}
