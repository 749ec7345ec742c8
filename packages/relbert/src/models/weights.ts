import type { Int8Source, Int8Tensor } from '../formats/int8-tensor.ts';
import type { ConstantData } from '../graph/index.ts';
import { eventLoopTurns } from '../runtime/event-loop.ts';
import type { FileRange } from '../runtime/session.ts';
import type { EncoderConfig } from './config.ts';
import { plainEncoder } from './encoder.ts';
import { byteCount, type GraphParameter, type Int8Weights, type StoredParameter } from './parameter.ts';
import { familyOf } from './registry.ts';
import { WeightError } from './weight-error.ts';

export { WeightError };

/** The tensors of a checkpoint: names and shapes at once, data when asked for. */
export interface StoredWeights {
  readonly names: readonly string[];
  shape(name: string): readonly number[] | undefined;
  get(name: string): Promise<{ readonly data: Float32Array }>;
  /** Where the data of a tensor lies in a file as float32, finite or not. Undefined: it is to be read. */
  range?(name: string): Promise<FileRange | undefined>;
  /** Those stored in 8 bits, as they are. */
  readonly int8?: ReadonlyMap<string, Int8Source>;
}

/**
 * The stored name of every weight that the encoder computes with: names in the base model → names in the file.
 *
 * Files of the base model alone and of models with a head are taken (`bert.`, `roberta.`, … before the names, also
 * after a wrapper's prefix such as `model.`), `gamma` and `beta` for the weight and bias of a LayerNorm, and word
 * embeddings that stand only in the head they are tied to. Everything else in the file is ignored.
 *
 * @throws WeightError naming every tensor that is missing or has another shape, with what was expected and found.
 */
export function resolveWeightNames(
  config: EncoderConfig,
  stored: Pick<StoredWeights, 'names' | 'shape'>,
): ReadonlyMap<string, string> {
  const names = new Set(stored.names);
  const { stored: parameters, lookups } = plainEncoder(config);
  const family = familyOf(config);
  const words = lookups[0]?.table.name;
  const spellings = (name: string, prefix: string) => [
    ...baseSpellings(name, prefix),
    ...(name === words ? [family.tiedWords] : []),
  ];
  const fits = (prefix: string) =>
    parameters.filter(({ name }) => spellings(name, prefix).some((spelling) => names.has(spelling))).length;
  const prefix = prefixes(names, parameters, words, family.prefix).reduce((best, next) =>
    fits(next) > fits(best) ? next : best,
  );
  const resolved = new Map<string, string>();
  const problems: string[] = [];
  for (const { name, shape } of parameters) {
    const found = spellings(name, prefix).find((spelling) => names.has(spelling));
    const actual = found === undefined ? undefined : stored.shape(found);
    if (found === undefined || !actual) {
      problems.push(`'${prefix}${name}' is missing: expected the shape [${shape.join(', ')}]`);
    } else if (actual.length !== shape.length || actual.some((dimension, axis) => dimension !== shape[axis])) {
      problems.push(`'${found}' has the shape [${actual.join(', ')}], expected [${shape.join(', ')}]`);
    } else {
      resolved.set(name, found);
    }
  }
  if (problems.length > 0) throw new WeightError(problemMessage(config, problems));
  return resolved;
}

/** What may stand before the base model's names in the file: nothing, the family's prefix, or a wrapper's. */
function prefixes(
  names: ReadonlySet<string>,
  parameters: readonly StoredParameter[],
  words: string | undefined,
  family: string,
): readonly string[] {
  // The first tensor that no head holds too.
  const anchor = parameters.find(({ name }) => name !== words)?.name ?? '';
  const wrappers = [...names].flatMap((name) =>
    baseSpellings(anchor, '.').flatMap((end) => (name.endsWith(end) ? [name.slice(0, 1 - end.length)] : [])),
  );
  return ['', family, ...wrappers.toSorted((a, b) => a.length - b.length)];
}

/** The names under which a tensor of the base model may be stored. */
function baseSpellings(name: string, prefix: string): string[] {
  const old = name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');
  return [...new Set([prefix + name, prefix + old])];
}

function problemMessage({ modelType, layers }: EncoderConfig, problems: readonly string[]): string {
  const shown = problems.slice(0, 5).join('; ');
  const rest = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  return `the weights do not fit the configuration (${modelType}, ${layers} layers): ${shown}${rest}`;
}

/** The weights of an encoder that are stored in 8 bits, by their names in the base model. */
export function int8Weights(config: EncoderConfig, stored: StoredWeights): Int8Weights {
  const { int8 } = stored;
  if (!int8?.size) return new Map();
  const names = [...resolveWeightNames(config, stored)];
  return new Map(names.flatMap(([name, found]) => (int8.has(found) ? [[name, int8.get(found) as Int8Source]] : [])));
}

/** Where the weights lie that a runtime may map. */
export interface MappedParameters {
  /** Of all files; undefined: nothing is mapped. */
  readonly folder: string | undefined;
  readonly files: Readonly<Record<string, FileRange>>;
  /** @throws what asking for a range throws where a file was replaced since */
  checkFiles(): Promise<void>;
}

/** Weights of a graph that a runtime may map, because they lie in files as the graph wants them; all in one folder. */
export async function mappedParameters(
  parameters: readonly GraphParameter[],
  config: EncoderConfig,
  stored: StoredWeights,
): Promise<MappedParameters> {
  const names = resolveWeightNames(config, stored);
  const files: Record<string, FileRange> = {};
  /** One for each file. */
  const checks = new Map<string, () => Promise<unknown>>();
  let folder: string | undefined;
  for (const { name, sources, asStored, int8Part } of parameters) {
    const source = names.get(sources[0]?.name ?? '');
    if (source === undefined) continue;
    const rangeNow = async () =>
      await (asStored ? stored.range?.(source) : int8Part === 'w' && stored.int8?.get(source)?.range?.());
    const range = await rangeNow();
    if (!range || range.end - range.start < leastMapped) continue;
    folder ??= range.folder;
    if (range.folder !== folder) continue;
    files[name] = range;
    checks.set(range.file, rangeNow);
  }
  // The runtime takes either files or data beside the model, not both: the rest goes into the model, which copies it.
  const rest = parameters.filter(({ name }) => !Object.hasOwn(files, name));
  if (byteCount(rest) > mostInside) return nothingMapped;
  const checkFiles = async () => {
    for (const check of checks.values()) await check();
  };
  return { folder, files, checkFiles };
}

export const nothingMapped: MappedParameters = { folder: undefined, files: {}, async checkFiles() {} };

/** Bytes of weights that are not mapped while others are. */
const mostInside = 2 ** 25;

/** Smaller data is read: the runtime wants to see it while it loads. */
const leastMapped = 64 * 1024;

/**
 * Data for the weights of a graph: by the names of its inputs, read and packed one after the other. What a runtime has to
 * compute is left out.
 *
 * @param parameters Those of the graph.
 * @param config For the names in the checkpoint ({@link resolveWeightNames}).
 * @throws WeightError, and what `stored` throws for a tensor that is damaged; the signal's reason when aborted
 */
export async function readParameters(
  parameters: readonly GraphParameter[],
  config: EncoderConfig,
  stored: StoredWeights,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Record<string, ConstantData>> {
  const names = resolveWeightNames(config, stored);
  const load = async (source: StoredParameter): Promise<Float32Array> => {
    const name = names.get(source.name);
    if (name === undefined) throw new WeightError(`'${source.name}' is not a weight of ${config.modelType}`);
    return (await stored.get(name)).data;
  };
  const read: Record<string, ConstantData> = {};
  let integers: { readonly of: StoredParameter; readonly tensor: Int8Tensor | undefined } | undefined;
  // Of files in memory every read is an answer at once: without a turn no abort would come through.
  const turn = eventLoopTurns(50);
  for (const { name, sources, pack, packInt8, int8Part } of parameters) {
    if (signal) {
      await turn();
      signal.throwIfAborted();
    }
    const [first] = sources;
    if (int8Part) {
      const part = await stored.int8?.get(names.get(first?.name ?? '') ?? '')?.part(int8Part);
      if (!part) throw new WeightError(`'${first?.name}' is not stored in 8 bits`);
      read[name] = part;
      continue;
    }
    if (packInt8 && first && integers?.of !== first) {
      integers = { of: first, tensor: await stored.int8?.get(names.get(first.name) ?? '')?.read() };
    }
    const packed = integers?.tensor && packInt8?.(integers.tensor);
    if (packed) {
      read[name] = packed;
      continue;
    }
    if (!pack) continue;
    const data: Float32Array[] = [];
    for (const source of sources) data.push(await load(source));
    read[name] = pack(data);
  }
  return read;
}
