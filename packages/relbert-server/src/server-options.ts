import type { Logger } from 'pino';
import type { Limits } from './limits.ts';
import type { WorkerSpec } from './worker-message.ts';

/** What a server loads, takes and says. */
export interface ServerOptions extends WorkerSpec, Partial<Limits> {
  /** Bearer token that /v1 asks for. Default: none. */
  readonly token?: string | undefined;
  /** Origins of pages that may ask (`https://example.org`), or `*`. Default: none. */
  readonly cors?: readonly string[] | undefined;
  /** Take the client's address from X-Forwarded-For, which a proxy in front has to set. Default false. */
  readonly trustProxy?: boolean | undefined;
  /** Level of the log on standard error, or where to log. Default `info`. */
  readonly log?: LogLevel | Logger | undefined;
}

/** The names of {@link ServerOptions}, so that a mistyped one is refused. */
export const serverOptionNames: Readonly<Record<keyof ServerOptions, true>> = {
  ...{ model: true, index: true, classifier: true, template: true, prompt: true, pooling: true, maxLength: true },
  ...{ batchTokens: true, dtype: true, threads: true, device: true, normalize: true, offline: true },
  ...{ maxBody: true, maxPairs: true, maxWord: true, maxTop: true, timeout: true, queue: true, rateLimit: true },
  ...{ token: true, cors: true, trustProxy: true, log: true },
};

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
