import type { Device, DeviceChoice } from '../runtime/device.ts';
import type { SessionOptions, TensorValue } from '../runtime/session.ts';

/** What the main thread asks of the thread that holds the sessions. */
export type WorkerRequest =
  | { readonly id: number; readonly kind: 'create'; readonly model: Uint8Array; readonly options: SessionOptions }
  | {
      readonly id: number;
      readonly kind: 'run';
      readonly session: number;
      readonly inputs: Readonly<Record<string, TensorValue>>;
    }
  | { readonly id: number; readonly kind: 'release'; readonly session: number }
  | { readonly id: number; readonly kind: 'close' };

/** Its answer: the number of a new session, the results of a run, or nothing. */
export type WorkerResponse =
  | { readonly id: number; readonly kind: 'created'; readonly session: number; readonly device: Device }
  | { readonly id: number; readonly kind: 'results'; readonly results: Record<string, TensorValue> }
  | { readonly id: number; readonly kind: 'done' }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly cause: unknown };

/**
 * Shared by both threads. A process that exits while native code runs in a thread is aborted (code 134 instead of its
 * own), so that the exit waits until the thread is idle, and a thread that finds the process exiting begins nothing.
 */
export interface WorkerState {
  /** Two flags, see `busy` and `exiting`. */
  readonly flags: Int32Array;
  readonly device: DeviceChoice;
}

export const busy = 0;
export const exiting = 1;
