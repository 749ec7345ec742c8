import { type ConstantData, reduceL2, serialize, type Tensor } from '../graph/index.ts';
import type { EncoderConfig } from '../models/config.ts';
import { parameterCount } from '../models/encoder.ts';
import { oncePer } from '../models/once-per.ts';
import { type GraphParameter, ParameterSet, type StoredParameter } from '../models/parameter.ts';
import {
  mappedParameters,
  nothingMapped,
  readParameters,
  resolveWeightNames,
  type StoredWeights,
} from '../models/weights.ts';
import { eventLoopTurn } from '../runtime/event-loop.ts';
import type { FileRange, Runtime, Session, SessionOptions } from '../runtime/session.ts';

export interface WeightedGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The weights that the graph takes. */
  readonly parameters: readonly GraphParameter[];
  readonly config: EncoderConfig;
  readonly weights: StoredWeights;
}

interface Abortable {
  /** Looked at between the steps, in a turn of the event loop: native code lets no abort through. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A graph with a checkpoint's weights in it, loaded: those that lie in a file as the graph wants them are mapped where the
 * runtime maps files, the others read.
 *
 * @throws WeightError where weights are missing, misshapen or not finite; RuntimeError where the runtime does not take it;
 * what reading the weights throws where their file was replaced since it was opened; the signal's reason when aborted
 */
export async function weightedSession(
  runtime: Runtime,
  { outputs, parameters, config, weights }: WeightedGraph,
  { signal, ...options }: Omit<SessionOptions, 'initializers' | 'folder' | 'checkFiles'> & Abortable = {},
): Promise<Session> {
  const mapping = runtime.mapsFiles ? await mappedParameters(parameters, config, weights) : nothingMapped;
  const { files, folder, checkFiles } = mapping;
  if (folder !== undefined) await checkMapped(runtime, { parameters, config, weights }, { files, folder });
  const rest = parameters.filter(({ name }) => !Object.hasOwn(files, name));
  const initializers = await parameterData(runtime, { parameters: rest, config, weights }, { ...options, signal });
  const external = folder === undefined;
  const model = serialize({ outputs, initializers, files, external });
  if (signal) await eventLoopTurn(signal);
  const data = external ? { initializers } : { folder, checkFiles };
  const session = await runtime.createSession(model, { ...options, ...data });
  try {
    await checkFiles();
    if (signal) await eventLoopTurn(signal);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}

/** Elements of the weights that data is computed from at a time. */
const mostTogether = 2 ** 26;

/** Data for the weights of a graph by name, read, or computed from what is stored. @throws as {@link weightedSession} */
export async function parameterData(
  runtime: Runtime,
  { parameters, config, weights }: Omit<WeightedGraph, 'outputs'>,
  { threads, signal }: Pick<SessionOptions, 'threads'> & Abortable = {},
): Promise<Record<string, ConstantData>> {
  const data = await readParameters(parameters, config, weights, { signal });
  const computed = parameters.filter(({ name, compute }) => compute && !Object.hasOwn(data, name));
  for (const group of bySize(computed)) {
    const set = new ParameterSet();
    const outputs: Record<string, Tensor> = {};
    for (const { name, sources, compute } of group) {
      if (compute) outputs[name] = compute(set.asStored(sources[0] as StoredParameter));
    }
    const graph = { outputs, parameters: set.inputs, config, weights };
    const options = { optimization: 'disabled', prepacking: false, ...(threads !== undefined && { threads }) } as const;
    await using session = await weightedSession(runtime, graph, { ...options, signal });
    for (const [name, value] of Object.entries(await session.run({}))) data[name] = value.data;
  }
  return data;
}

/** In groups whose sources fit in memory together; what is made of a weight stays together. */
function bySize(parameters: readonly GraphParameter[]): GraphParameter[][] {
  const groups: GraphParameter[][] = [];
  let [size, last]: [number, StoredParameter | undefined] = [mostTogether, undefined];
  for (const parameter of parameters) {
    if (parameter.sources[0] !== last) {
      last = parameter.sources[0];
      size += parameterCount(parameter.sources);
      if (size > mostTogether) {
        groups.push([]);
        size = parameterCount(parameter.sources);
      }
    }
    groups.at(-1)?.push(parameter);
  }
  return groups;
}

/** The names of weights that were looked at. */
const finite = oncePer((_: StoredWeights) => new Set<string>());

/**
 * Looks for values that are not finite where nothing but the runtime reads the weights: by their norms.
 * @throws what reading the weight throws
 */
async function checkMapped(
  runtime: Runtime,
  { parameters, config, weights }: Omit<WeightedGraph, 'outputs'>,
  { files, folder }: { readonly files: Readonly<Record<string, FileRange>>; readonly folder: string },
): Promise<void> {
  const seen = finite(weights);
  const mapped = parameters.filter(
    ({ name, dtype }) => dtype === 'float32' && Object.hasOwn(files, name) && !seen.has(name),
  );
  if (mapped.length === 0) return;
  const outputs = Object.fromEntries(mapped.map(({ tensor }, i) => [`norm ${i}`, reduceL2(tensor)]));
  const options: SessionOptions = { folder, optimization: 'disabled', prepacking: false };
  await using session = await runtime.createSession(serialize({ outputs, files }), options);
  const norms = await session.run({});
  const names = resolveWeightNames(config, weights);
  for (const [i, { name, sources }] of mapped.entries()) {
    // The norm of finite weights may be infinite, too.
    if (!Number.isFinite(norms[`norm ${i}`]?.data[0])) await weights.get(names.get(sources[0]?.name ?? '') ?? '');
    seen.add(name);
  }
}
