/** @file What the server and its worker process say to each other. */
import type { ModelFlags } from 'relbert/cli';

/** What the worker loads. */
export interface WorkerSpec extends Omit<Partial<ModelFlags>, 'model'> {
  /** Folder, hub id, `id@revision`, or `embedded`. Default: the model of the index, else `embedded`. */
  readonly model?: string | undefined;
  /** An index: its folder, or `postgres://...`, a table that `relbert index push` filled. */
  readonly index?: string | undefined;
  /** The folder of a classifier that `relbert classify fit` wrote. */
  readonly classifier?: string | undefined;
}

/** What is loaded. */
export interface WorkerInfo {
  readonly model: string;
  /** Length of one embedding. */
  readonly dimension: number;
  readonly prompt: string;
  readonly pooling: string;
  readonly index?: { readonly pairs: number; readonly columns: readonly string[] };
  /** Of the classifier. */
  readonly labels?: readonly string[];
}

export interface JobMessage {
  readonly id: number;
  readonly operation: string;
  readonly body: unknown;
}

export interface AnswerMessage {
  readonly id: number;
  /** UTF-8. */
  readonly json: Uint8Array;
}

/** Requests and answers that come at the same time share a message, which costs as much as the rest of a request. */
export type ToWorker =
  | { readonly kind: 'load'; readonly spec: WorkerSpec }
  | { readonly kind: 'run'; readonly jobs: readonly JobMessage[] }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' };

/** Who is at fault: the client, the server, or a database that does not answer now. */
export type Fault = 'client' | 'server' | 'database';

export type FromWorker =
  | { readonly kind: 'loaded'; readonly info: WorkerInfo }
  /** Nothing can be loaded; `usage`: since an option is wrong. */
  | { readonly kind: 'failed'; readonly message: string; readonly usage: boolean }
  | { readonly kind: 'answers'; readonly answers: readonly AnswerMessage[] }
  /** `detail` says what is wrong with the request, or is for the log. */
  | { readonly kind: 'refusal'; readonly id: number; readonly detail: string; readonly fault: Fault }
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'pong' };
