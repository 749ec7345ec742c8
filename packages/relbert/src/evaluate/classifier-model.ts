/** A classifier of feature vectors: its settings, how it is trained, and its weights. */
import type { NetworkShape, Parameter } from './classifier-graph.ts';

/** Features [n, D] in row-major order. */
export interface FeatureMatrix {
  readonly data: Float32Array;
  readonly shape: readonly [items: number, dimension: number];
}

export interface ClassifierSettings {
  /** Units of the hidden layer. Default 100. */
  readonly hidden: number;
  /** Default 1e-3. */
  readonly learningRate: number;
}

/** A classifier finished one epoch. */
export interface ClassifierEvent {
  readonly kind: 'epoch';
  readonly settings: ClassifierSettings;
  /** From 1. */
  readonly epoch: number;
  readonly maxEpochs: number;
  /** Mean training loss of the epoch, penalty included. */
  readonly loss: number;
  /** Epochs of all classifiers together; a classifier that has ended counts as `maxEpochs`. */
  readonly done: number;
  readonly total: number;
}

export interface ClassifierOptions {
  /** Of weights and shuffling. Default 0. */
  readonly seed?: number | undefined;
  /** Factor of the L2 penalty. Default 1e-4. */
  readonly alpha?: number | undefined;
  /** Items of a step, at most all. Default 200. */
  readonly batchSize?: number | undefined;
  /** Default 200. */
  readonly maxEpochs?: number | undefined;
  /** Least fall of the loss that counts. Default 1e-4. */
  readonly tolerance?: number | undefined;
  /** Training ends after more than this many epochs in a row without such a fall. Default 10. */
  readonly patience?: number | undefined;
  /** Threads of one operator. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: ClassifierEvent) => void) | undefined;
}

/** A trained classifier: plain data. */
export interface Classifier {
  readonly settings: ClassifierSettings;
  readonly shape: NetworkShape;
  /** Names of the classes, by index. */
  readonly classes: readonly string[];
  readonly weights: Readonly<Record<Parameter, Float32Array>>;
  /** Training loss of each epoch. */
  readonly losses: readonly number[];
  /** Whether training ended because the loss no longer fell, not because of `maxEpochs`. */
  readonly converged: boolean;
}
