import type { Device } from './device.ts';

/** The typed arrays that cross the border between the library and a tensor runtime. */
export type TensorData = Float32Array | BigInt64Array | Int32Array | Uint8Array | Int8Array | Uint16Array;

/** A concrete tensor: data in row-major order and its dimensions. */
export interface TensorValue {
  readonly dtype: 'float32' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool' | 'float16';
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Named tensors that go into or come out of a session. */
export type TensorValues = Readonly<Record<string, TensorValue>>;

/** Bytes [start, end) of a file on this machine, which a runtime may map. */
export interface FileRange {
  readonly folder: string;
  /** The file's name in the folder. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Data of weights by name. */
export type Initializers = Readonly<Record<string, TensorData>>;

/** One loaded graph, ready to run. Dispose it to free its native memory. */
export interface Session extends AsyncDisposable {
  /** What computes it. */
  readonly device: Device;
  /** Runs that are computed side by side, at present. Default 1. */
  readonly parallel?: number;
  /**
   * Runs the graph once. Inputs are not copied where the runtime allows it; outputs are fresh arrays.
   * Inputs that the graph does not read are ignored: what no output depends on is not part of a graph.
   * @throws RuntimeError where inputs are missing or do not fit the graph
   */
  run(inputs: TensorValues): Promise<Record<string, TensorValue>>;
  /** After the runs that have begun. */
  dispose(): Promise<void>;
}

export interface SessionOptions {
  /**
   * Data of the initializers that the model names but does not hold (`serialize` with `external`): saves the copy
   * into the model's bytes and its limit of 2 GiB. Like the model they may be transferred away.
   */
  readonly initializers?: Initializers;
  /** The folder of the files that the model names for its initializers (`serialize` with `files`); not together with data. */
  readonly folder?: string;
  /** Called once a copy is loaded from these files. @throws where one was replaced since: then the copy is not used. */
  readonly checkFiles?: () => Promise<void>;
  /** Threads of one operator. Default: the runtime's choice (one a physical core). */
  readonly threads?: number | undefined;
  /**
   * How many further times the graph may be loaded, a share of the threads each, so that runs which come together are
   * computed side by side: threads that share an operator wait for each other after each. Default 0.
   */
  readonly copies?: number;
  /** Pre-allocation by shape pattern. Default true; false for training graphs, whose peak memory it doubles. */
  readonly memoryPattern?: boolean;
  /** Graph optimisation of the runtime. Default 'all'. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Whether weights are rearranged for products when the graph is loaded. Default true. */
  readonly prepacking?: boolean;
  /** ONNX Runtime's graph optimizers to disable for this session, by its names. Default: none. */
  readonly withoutOptimizers?: readonly string[];
  /**
   * Whether threads wait for the next operator of a run in a busy loop. Default: for 20 µs, then they sleep. Measured with
   * 256 tokens a step on two cores: without the loop (false) an idle machine takes 15 % longer; with the runtime's
   * own long one (true) a busy machine takes up to four times as long; 20 µs come near the better of both.
   */
  readonly spinning?: boolean | undefined;
}

/** ONNX Runtime on a device. */
export interface Runtime extends AsyncDisposable {
  /** In this thread, in a worker thread, or onnxruntime-web. */
  readonly name: 'node' | 'node-worker' | 'web';
  /** Which form of a transformer's layers is faster here: `fused` where a few large operators beat many small ones (graphics processors). */
  readonly operators: 'plain' | 'fused';
  /** Whether it maps files of this machine: weights that lie in one as the graph wants them are not read before. */
  readonly mapsFiles: boolean;
  /** Loads a serialised ONNX model. The bytes may be transferred away: do not use them afterwards. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Ends worker threads, if any. */
  dispose(): Promise<void>;
}
