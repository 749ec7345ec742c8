/**
 * @file `pytorch_model.bin`: what `torch.save(state_dict)` writes, read without running anything in it.
 *
 * Since PyTorch 1.6 the file is a zip archive: `<name>/data.pkl` describes the tensors and refers to their storages
 * by key, `<name>/data/<key>` holds a storage's bytes, not compressed. Before, it was a row of pickles followed by
 * the storages. Both are read here. A pickle is a program that may name any function of any module; the only
 * names this reader knows are those that make up tensors, each of which it answers with a plain function; any
 * other name ends the reading (see {@link resolveName}).
 */

import { CheckpointError } from './checkpoint-error.ts';
import { checkNotPointer } from './lfs-pointer.ts';
import { PickleStream } from './pickle-stream.ts';
import type { StoredType } from './stored-type.ts';
import { bytesPerElement, elementCount } from './stored-type.ts';
import type { StoredTensor } from './tensor-store.ts';
import { readZipArchive } from './zip-archive.ts';

/** Element types of the storage classes of `torch`. */
const storageTypes: Readonly<Record<string, StoredType>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** A storage class as the pickle refers to it. Frozen, so that nothing in a pickle can write to it. */
class StorageClass {
  readonly type: StoredType;
  constructor(type: StoredType) {
    this.type = type;
    Object.freeze(this);
  }
}

/** A storage of `elements` elements. */
class Storage {
  readonly key: string;
  readonly type: StoredType;
  readonly elements: number;
  constructor(key: string, type: StoredType, elements: number) {
    this.key = key;
    this.type = type;
    this.elements = elements;
    Object.freeze(this);
  }
}

/** A strided view of a storage. */
class PickledTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    Object.freeze(this);
  }
}

/** Most elements of a tensor that repeats its storage (stride 0), so that a damaged shape does not fill the memory. */
const maxExpanded = 1 << 20;

/** Most bytes of the pickle that describes the tensors: a hundred thousand of them take 20 MB. */
const maxProgram = 256 * 1024 * 1024;

/** The bytes of a storage, a fresh or shared array. */
type StorageBytes = (storage: Storage) => Uint8Array;

/** The tensors of a `pytorch_model.bin`: views of `bytes`, or copies where they are strided or not aligned. */
export function openTorchPickle(file: string, bytes: Uint8Array): Map<string, StoredTensor> {
  if (bytes.byteLength === 0) throw new CheckpointError(file, 'the file is empty; fetch or copy it again');
  checkNotPointer(file, bytes);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const { root, storage } = isZip ? readZip(file, bytes) : readLegacy(file, bytes);
  const store = new Map<string, StoredTensor>();
  for (const [name, value] of stateDict(file, root)) {
    if (!(value instanceof PickledTensor)) continue; // numbers, metadata
    checkBounds(file, name, value);
    store.set(name, {
      type: value.storage.type,
      shape: value.shape,
      file,
      bytes: async () => contiguousBytes(value, storage(value.storage)),
    });
  }
  if (store.size === 0) throw new CheckpointError(file, 'holds no tensors');
  return store;
}

interface Pickled {
  readonly root: unknown;
  readonly storage: StorageBytes;
}

function readZip(file: string, bytes: Uint8Array): Pickled {
  const intact = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CheckpointError(file, `the archive is damaged or cut off (${reason}); fetch or copy it again`, {
        cause: error,
      });
    }
  };
  const entries = intact(() => readZipArchive(bytes));
  /** The content of an entry, which is not unpacked where its size is not as expected. */
  const entry = (name: string, check: (size: number) => void): Uint8Array | undefined => {
    const found = entries.get(name);
    if (!found) return undefined;
    check(found.size);
    return intact(() => found.read());
  };
  const checkText = (size: number): void => {
    if (size > maxProgram)
      throw new CheckpointError(file, `its description of tensors takes ${size} bytes; the file is damaged`);
  };
  const program = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (program === undefined) {
    throw new CheckpointError(file, 'a zip archive without data.pkl: not a checkpoint that torch.save wrote');
  }
  const folder = program.slice(0, -'data.pkl'.length);
  const order = entry(`${folder}byteorder`, checkText);
  if (order !== undefined && new TextDecoder().decode(order).trim() === 'big') throw bigEndian(file);
  const stream = new PickleStream(
    file,
    entry(program, checkText) as Uint8Array,
    resolveName(file),
    resolveStorage(file),
  );
  return {
    root: stream.next(),
    storage({ key, type, elements }) {
      const length = elements * bytesPerElement[type];
      const data = entry(`${folder}data/${key}`, (size) => checkStorage(file, key, size, length));
      if (data === undefined) throw new CheckpointError(file, `storage ${key} is missing from the archive`);
      return data;
    },
  };
}

function bigEndian(file: string): CheckpointError {
  return new CheckpointError(
    file,
    'written on a big-endian machine, which is not supported; convert it to safetensors',
  );
}

/** The magic number that opens the format before PyTorch 1.6: protocol 2, LONG1 of ten bytes, STOP. */
const legacyMagic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/**
 * PyTorch before 1.6: pickles of the magic number, the protocol version, system facts, the object, and the list of
 * storage keys, then for each key its number of elements (int64) and its bytes.
 */
function readLegacy(file: string, bytes: Uint8Array): Pickled {
  if (!legacyMagic.every((byte, i) => bytes[i] === byte)) {
    throw new CheckpointError(
      file,
      'not a file that torch.save wrote (neither a zip archive nor the format before PyTorch 1.6); fetch or copy it again',
    );
  }
  const body = bytes.subarray(legacyMagic.length);
  const stream = new PickleStream(file, body, resolveName(file), resolveStorage(file));
  stream.next(); // protocol version
  const system = stream.next();
  if (system instanceof Map && system.get('little_endian') === false) throw bigEndian(file);
  const root = stream.next();
  const keys = stream.next();
  if (!Array.isArray(keys)) throw new CheckpointError(file, 'damaged: its storages are not listed');
  const byKey = new Map(stream.storages.map((storage) => [storage.key, storage]));
  const places = new Map<string, Uint8Array>();
  let position = stream.position;
  for (const key of keys) {
    const storage = byKey.get(String(key));
    const cut = new CheckpointError(file, `the file is cut off in storage ${String(key)}; fetch or copy it again`);
    if (storage === undefined || position + 8 > body.byteLength) throw cut;
    const count = new DataView(body.buffer, body.byteOffset + position, 8).getBigInt64(0, true);
    const end = position + 8 + storage.elements * bytesPerElement[storage.type];
    if (count !== BigInt(storage.elements) || end > body.byteLength) throw cut;
    places.set(storage.key, body.subarray(position + 8, end));
    position = end;
  }
  return {
    root,
    storage({ key }) {
      const data = places.get(key);
      if (data === undefined) throw new CheckpointError(file, `storage ${key} is missing from the file`);
      return data;
    },
  };
}

/**
 * The allow-list: each name that a state dict needs, answered with a plain arrow function (which `new` refuses),
 * frozen (so that the pickle's BUILD cannot write to it). No function that the file chooses is ever called.
 */
function resolveName(file: string): (module: string, name: string) => unknown {
  const rebuild = Object.freeze((storage: unknown, offset: unknown, shape: unknown, strides: unknown) => {
    if (!(storage instanceof Storage) || !isNatural(offset) || !isNaturals(shape) || !isNaturals(strides)) {
      throw new CheckpointError(file, 'damaged: a tensor is not described by storage, offset, shape and strides');
    }
    if (shape.length !== strides.length)
      throw new CheckpointError(file, 'damaged: a tensor has more strides than axes');
    return new PickledTensor(storage, offset, [...shape], [...strides]);
  });
  const functions: Readonly<Record<string, unknown>> = Object.freeze({
    'collections.OrderedDict': Object.freeze(() => new Map()),
    'torch._utils._rebuild_tensor': rebuild,
    'torch._utils._rebuild_tensor_v2': rebuild,
    'torch._utils._rebuild_parameter': Object.freeze((tensor: unknown) => tensor),
    'torch.Size': Object.freeze((dimensions: unknown) => dimensions),
  });
  return (module: unknown, name: unknown) => {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new CheckpointError(file, 'its pickle is damaged or cut off (the name of a class is not a string)');
    }
    const full = `${module}.${name}`;
    if (Object.hasOwn(functions, full)) return functions[full];
    const type = module === 'torch' && Object.hasOwn(storageTypes, name) ? storageTypes[name] : undefined;
    if (type !== undefined) return new StorageClass(type);
    throw new CheckpointError(
      file,
      `asks for ${JSON.stringify(full).slice(1, -1)}, which has no place in a file of weights; nothing in the file was run. ` +
        'Do not load it with torch.load either unless you trust who made it; prefer a checkpoint with model.safetensors',
    );
  };
}

/** Storages are persistent ids: ('storage', class, key, location, elements[, view]). */
function resolveStorage(file: string): (id: unknown) => Storage {
  return (id) => {
    const [kind, storageClass, key, , elements, view] = Array.isArray(id) ? id : [];
    if (
      kind !== 'storage' ||
      (view !== undefined && view !== null) || // views of storages: not written since PyTorch 0.4
      !(storageClass instanceof StorageClass) ||
      (typeof key !== 'string' && typeof key !== 'number') ||
      !isNatural(elements)
    ) {
      throw new CheckpointError(file, 'damaged: it refers to something that is not a tensor storage');
    }
    return new Storage(String(key), storageClass.type, elements);
  };
}

/** The mapping from names to tensors: the object itself, or the one under a training checkpoint's usual keys. */
function stateDict(file: string, root: unknown, depth = 0): [string, unknown][] {
  if (!(root instanceof Map)) throw new CheckpointError(file, 'holds no dictionary of tensors');
  if (depth > 8) throw new CheckpointError(file, 'its dictionaries lie within each other without end');
  for (const key of ['state_dict', 'model_state_dict', 'model']) {
    const inner: unknown = root.get(key);
    if (inner instanceof Map) return stateDict(file, inner, depth + 1);
  }
  return [...root].filter((entry): entry is [string, unknown] => typeof entry[0] === 'string');
}

function checkBounds(file: string, name: string, { storage, offset, shape, strides }: PickledTensor): void {
  const elements = elementCount(shape);
  if (elements === 0) return;
  if (elements > Math.max(storage.elements, maxExpanded)) {
    throw new CheckpointError(
      file,
      `tensor "${name}" [${shape.join(', ')}] is far larger than its storage; the file is damaged`,
    );
  }
  const last = shape.reduce((sum, dimension, axis) => sum + (dimension - 1) * (strides[axis] as number), offset);
  if (last >= storage.elements) {
    throw new CheckpointError(
      file,
      `tensor "${name}" [${shape.join(', ')}] reaches element ${last} of a storage of ${storage.elements}; the file is damaged`,
    );
  }
}

/** The elements of a strided tensor in row-major order. */
function contiguousBytes({ storage, offset, shape, strides }: PickledTensor, data: Uint8Array): Uint8Array {
  const size = bytesPerElement[storage.type];
  const count = elementCount(shape);
  let expected = 1;
  let contiguous = true;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) contiguous = false;
    expected *= shape[axis] as number;
  }
  if (contiguous || count === 0) return data.subarray(offset * size, (offset + count) * size);
  const result = new Uint8Array(count * size);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    result.set(data.subarray(from * size, (from + 1) * size), to * size);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += strides[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (index[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

function checkStorage(file: string, key: string, size: number, length: number): void {
  if (size === length) return;
  throw new CheckpointError(file, `storage ${key} has ${size} bytes, ${length} were announced; the file is damaged`);
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNatural);
}
