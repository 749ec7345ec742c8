/** @file Requests that stall, trickle, fail and recover: time limits, retries with growing pauses. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { unusedProxy } from './unused-proxy.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RetryOptions {
  readonly fetch: Fetch;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly stallTimeout: number;
  /** Attempts in a row with less than 64 KiB of progress. */
  readonly attempts: number;
  /** First pause, doubled each time up to 30 s. Milliseconds. */
  readonly pause: number;
  readonly signal?: AbortSignal | undefined;
}

/** Worth retrying: a broken connection, a time-out, a server that is overloaded. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  /** Milliseconds that the server asked to wait. */
  readonly wait: number | undefined;

  constructor(message: string, options: { readonly wait?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

/** A body slower than this, in bytes a second over three stall timeouts, counts as stalled. */
const slowest = 1024;
/** Bytes that count as progress of an attempt: a server that sends less each time would be asked for ever. */
const progressBytes = 64 * 1024;

/** HTTP status codes that are worth retrying. */
const transientStatus: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** Why a connection failed, in words. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code: unknown = 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the server cannot be looked up; is there a network connection?';
    case 'ECONNREFUSED':
      return 'the server refuses the connection';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
    case 'EPIPE':
      return 'the connection broke off';
    default:
      return cause.message === '' ? String(code ?? cause.name) : cause.message;
  }
}

/**
 * One request. The stall timer runs until the headers are there; {@link readBody} has its own.
 * @throws TransientError for what is worth retrying; the signal's reason when aborted
 */
export async function request(url: string, init: RequestInit, options: RetryOptions): Promise<Response> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), options.stallTimeout);
  const signals = [stall.signal, ...(options.signal ? [options.signal] : [])];
  let response: Response;
  try {
    response = await options.fetch(url, { ...init, signal: AbortSignal.any(signals) });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (stall.signal.aborted) throw new TransientError(stalled(options.stallTimeout));
    throw new TransientError(reasonOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
  if (!transientStatus.includes(response.status)) return response;
  await response.body?.cancel().catch(() => {});
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new TransientError(`the server answers ${response.status} ${response.statusText}`.trimEnd(), {
    wait: Number.isFinite(seconds) ? Math.min(seconds, 120) * 1000 : undefined,
  });
}

/**
 * The chunks of a response's body.
 * @throws TransientError where it stalls, breaks off, or trickles (less than 1 KiB/s over three stall timeouts)
 */
export async function* readBody(response: Response, options: RetryOptions): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const { signal } = options;
  const span = 3 * options.stallTimeout;
  let finished = false;
  let start = performance.now();
  let received = 0;
  const onAbort = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const stall = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new TransientError(stalled(options.stallTimeout))), options.stallTimeout);
      });
      let step: ReadableStreamReadResult<Uint8Array>;
      try {
        step = await Promise.race([reader.read(), stall]);
      } catch (error) {
        signal?.throwIfAborted();
        throw error instanceof TransientError ? error : new TransientError(reasonOf(error), { cause: error });
      } finally {
        clearTimeout(timer);
      }
      signal?.throwIfAborted();
      if (step.done) {
        finished = true;
        return;
      }
      received += step.value.byteLength;
      const began = performance.now();
      if (began - start >= span) {
        if (received < (slowest * (began - start)) / 1000) {
          throw new TransientError(`only ${received} bytes came in ${Math.round(began - start) / 1000} s`);
        }
        start = began;
        received = 0;
      }
      yield step.value;
      start += performance.now() - began; // the reader's time is not the server's
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (!finished) await reader.cancel().catch(() => {});
  }
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed transiently too often in a row. The count starts anew when
 * `progress`, in bytes, has grown by 64 KiB.
 */
export async function withRetries<T>(
  what: string,
  options: RetryOptions,
  attempt: () => Promise<T>,
  onRetry: (attempt: number, delay: number, reason: string) => void,
  progress: () => number = () => 0,
): Promise<T> {
  let failures = 0;
  let reached = progress();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (progress() - reached >= progressBytes) {
        failures = 0;
        reached = progress();
      }
      failures++;
      if (failures >= options.attempts) {
        const tried = failures > 1 ? `gave up after ${failures} attempts: ` : '';
        const proxy = error.cause === undefined ? undefined : unusedProxy();
        throw new CheckpointError(what, [`${tried}${error.message}`, proxy].filter(Boolean).join('; '), {
          cause: error,
        });
      }
      const delay = error.wait ?? Math.min(options.pause * 2 ** (failures - 1), 30_000);
      onRetry(failures, delay, error.message);
      await sleep(delay, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
      options.signal?.throwIfAborted();
    }
  }
}

function stalled(timeout: number): string {
  return `nothing came for ${timeout / 1000} s`;
}
