import { createKernels, type Kernels, maximumPages, pageBytes } from './kernel/kernels.ts';

/** Values per block: gradients are copied into the memory of the kernels block by block, so that they stay in cache. */
const blockSize = 4096;
/** Parameters share memories of this size; a larger parameter gets a separate memory. */
const memoryBytes = 2 ** 30;

/** A trainable tensor, flat. */
export interface OptimisedParameter {
  readonly name: string;
  /** Its initial values; copied. */
  readonly data: Float32Array;
  /** Decoupled weight decay. Default 0. */
  readonly weightDecay?: number;
  /** For an embedding table whose gradients come by rows: the length of a row. */
  readonly rowLength?: number;
}

/** A gradient of a whole parameter, or of some rows of a table (every row at most once; all others are zero). */
export type ParameterGradient =
  | { readonly kind: 'dense'; readonly values: Float32Array }
  | { readonly kind: 'rows'; readonly rows: Int32Array; readonly values: Float32Array };

export interface AdamWOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** What a checkpoint keeps of the optimiser besides the weights. */
export interface AdamWState {
  /** Steps taken. */
  readonly step: number;
  readonly moments: Readonly<Record<string, { readonly first: Float32Array; readonly second: Float32Array }>>;
}

interface Slot {
  readonly kernels: Kernels;
  readonly block: Float32Array;
  readonly blockAddress: number;
  readonly weights: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly weightDecay: number;
  /** Rows of a table that had a gradient before: the others have zero moments and, without decay, stay as they are. */
  readonly touched: Uint8Array | undefined;
  readonly rowLength: number;
}

/** The factor on every gradient that keeps their norm below `clip` (null: 1), as `torch.nn.utils.clip_grad_norm_`. */
export function clipScale(norm: number, clip: number | null): number {
  return clip === null ? 1 : Math.min(1, clip / (norm + 1e-6));
}

/**
 * AdamW (Loshchilov & Hutter 2019): Adam with decoupled weight decay and bias correction, the arithmetic of
 * `torch.optim.AdamW`. Weights and moments live in WebAssembly memories of fixed size, so that the views given by
 * {@link weights} stay valid for the life of the optimiser and a session can read them without a copy.
 */
export class AdamW {
  readonly #slots = new Map<string, Slot>();
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  #step = 0;

  constructor(parameters: readonly OptimisedParameter[], options: AdamWOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    for (const group of groupByMemory(parameters)) this.#place(group);
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#step;
  }

  get names(): string[] {
    return [...this.#slots.keys()];
  }

  /** The current weights: a view which each step changes. */
  weights(name: string): Float32Array {
    return this.#slot(name).weights;
  }

  /** The Euclidean norm of all gradients together; NaN or infinite if any value is. */
  norm(gradients: ReadonlyMap<string, ParameterGradient>): number {
    let sum = 0;
    for (const [name, { values }] of gradients) {
      const { block, blockAddress, kernels } = this.#slot(name);
      for (let start = 0; start < values.length; start += blockSize) {
        sum += kernels.sumSquares(blockAddress, fillBlock(block, values, start, values.length));
      }
    }
    return Math.sqrt(sum);
  }

  /**
   * One step with a learning rate. Parameters without a gradient stay as they are, moments included.
   * @param scale Factor on every gradient: {@link clipScale} clips. Default 1.
   */
  step(gradients: ReadonlyMap<string, ParameterGradient>, learningRate: number, scale = 1): void {
    this.#step++;
    for (const [name, gradient] of gradients) {
      const slot = this.#slot(name);
      if (gradient.kind === 'rows') this.#stepRows(name, slot, gradient.rows, gradient.values, learningRate, scale);
      else if (gradient.values.length === slot.weights.length) {
        slot.touched?.fill(1);
        this.#update(slot, 0, gradient.values, 0, gradient.values.length, learningRate, scale);
      } else {
        throw new RangeError(
          `the gradient of '${name}' has ${gradient.values.length} values, its weights ${slot.weights.length}`,
        );
      }
    }
  }

  /** The state; the moments are views, valid until the next step. */
  state(): AdamWState {
    const moments: Record<string, { first: Float32Array; second: Float32Array }> = {};
    for (const [name, { first, second }] of this.#slots) {
      moments[name] = { first, second };
    }
    return { step: this.#step, moments };
  }

  /** Goes on from a state; weights are restored by writing into {@link weights}. */
  restore({ step, moments }: AdamWState): void {
    for (const [name, slot] of this.#slots) {
      const saved = moments[name];
      if (!saved) throw new RangeError(`the optimiser's state lacks '${name}'`);
      if (saved.first.length !== slot.first.length || saved.second.length !== slot.second.length) {
        throw new RangeError(
          `the optimiser's state of '${name}' has ${saved.first.length} values, expected ${slot.first.length}`,
        );
      }
      slot.first.set(saved.first);
      slot.second.set(saved.second);
      if (slot.touched) markTouched(slot, slot.touched);
    }
    this.#step = step;
  }

  #stepRows(
    name: string,
    slot: Slot,
    rows: Int32Array,
    values: Float32Array,
    learningRate: number,
    scale: number,
  ): void {
    const { touched, rowLength, weightDecay } = slot;
    if (!touched) throw new RangeError(`'${name}' has no rowLength, so it takes no gradient by rows`);
    if (values.length !== rows.length * rowLength) {
      throw new RangeError(`the gradient of '${name}' has ${values.length} values for ${rows.length} rows`);
    }
    // 1 + the row's place among the gradients; 0 where there is none.
    const places = new Int32Array(touched.length);
    for (const [place, row] of rows.entries()) {
      if (row < 0 || row >= touched.length || places[row] !== 0) {
        throw new RangeError(`row ${row} of '${name}' is out of range or comes twice (${touched.length} rows)`);
      }
      places[row] = place + 1;
      touched[row] = 1;
    }
    for (let row = 0; row < touched.length; row++) {
      const place = places[row] as number;
      if (place > 0)
        this.#update(slot, row * rowLength, values, (place - 1) * rowLength, rowLength, learningRate, scale);
      else if (touched[row] === 1 || weightDecay !== 0) {
        this.#update(slot, row * rowLength, undefined, 0, rowLength, learningRate, scale);
      }
    }
  }

  /** Updates `count` values from `start` on with the gradients from `from` on (undefined: zeros). */
  #update(
    slot: Slot,
    start: number,
    values: Float32Array | undefined,
    from: number,
    count: number,
    learningRate: number,
    scale: number,
  ): void {
    const { kernels, block, blockAddress, weights, first, second, weightDecay } = slot;
    const rate = learningRate / (1 - this.#beta1 ** this.#step);
    const correction = 1 / Math.sqrt(1 - this.#beta2 ** this.#step);
    for (let offset = 0; offset < count; offset += blockSize) {
      let n = Math.min(blockSize, count - offset);
      if (values) n = fillBlock(block, values, from + offset, from + count);
      else {
        n = roundUp(n);
        block.fill(0, 0, n);
      }
      const at = (start + offset) * 4;
      kernels.adamw(
        weights.byteOffset + at,
        first.byteOffset + at,
        second.byteOffset + at,
        blockAddress,
        n,
        scale,
        1 - learningRate * weightDecay,
        1 - this.#beta1,
        this.#beta2,
        1 - this.#beta2,
        rate,
        correction,
        this.#epsilon,
      );
    }
  }

  #place(group: readonly OptimisedParameter[]): void {
    const bytes = group.reduce((sum, parameter) => sum + bytesOf(parameter), blockSize * 4);
    const pages = Math.ceil(bytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const kernels = createKernels(memory);
    const block = new Float32Array(memory.buffer, 0, blockSize);
    let address = blockSize * 4;
    const view = (size: number): Float32Array => {
      const values = new Float32Array(memory.buffer, address, size);
      address += roundUp(size) * 4;
      return values;
    };
    for (const { name, data, weightDecay = 0, rowLength } of group) {
      if (this.#slots.has(name)) throw new RangeError(`two parameters are called '${name}'`);
      if (rowLength !== undefined && (rowLength % 4 !== 0 || data.length % rowLength !== 0)) {
        throw new RangeError(
          `rows of '${name}' have ${rowLength} values: not a multiple of 4 that divides ${data.length}`,
        );
      }
      const weights = view(data.length);
      weights.set(data);
      this.#slots.set(name, {
        kernels,
        block,
        blockAddress: 0,
        weights,
        first: view(data.length),
        second: view(data.length),
        weightDecay,
        touched: rowLength === undefined ? undefined : new Uint8Array(data.length / rowLength),
        rowLength: rowLength ?? data.length,
      });
    }
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new RangeError(`there is no parameter '${name}'`);
    return slot;
  }
}

/** Copies up to a block of values and pads it with zeros to a multiple of 4, whose count it returns. */
function fillBlock(block: Float32Array, values: Float32Array, start: number, end: number): number {
  const count = Math.min(blockSize, end - start);
  block.set(values.subarray(start, start + count));
  const padded = roundUp(count);
  block.fill(0, count, padded);
  return padded;
}

function markTouched({ first, second, rowLength }: Slot, touched: Uint8Array): void {
  for (let row = 0; row < touched.length; row++) {
    const start = row * rowLength;
    const isZero = (value: number) => value === 0;
    const untouched =
      first.subarray(start, start + rowLength).every(isZero) && second.subarray(start, start + rowLength).every(isZero);
    touched[row] = untouched ? 0 : 1;
  }
}

function groupByMemory(parameters: readonly OptimisedParameter[]): OptimisedParameter[][] {
  const groups: OptimisedParameter[][] = [];
  let room = 0;
  for (const parameter of parameters) {
    const bytes = bytesOf(parameter);
    if (bytes + blockSize * 4 > pageBytes * maximumPages) {
      throw new RangeError(`'${parameter.name}' is too large to train: ${parameter.data.length} values`);
    }
    if (bytes > room) {
      groups.push([]);
      room = memoryBytes;
    }
    groups.at(-1)?.push(parameter);
    room -= bytes;
  }
  return groups;
}

/** Weights and two moments. */
function bytesOf({ data }: OptimisedParameter): number {
  return roundUp(data.length) * 12;
}

function roundUp(count: number): number {
  return Math.ceil(count / 4) * 4;
}
