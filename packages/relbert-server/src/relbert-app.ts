/** @file The server without its socket: a function from Request to Response, and the worker process at its back. */

import { createRequire } from 'node:module';
import type { Context } from 'hono';
import { type Logger, pino } from 'pino';
import { checkOptionNames } from 'relbert/cli';
import { Admission } from './admission.ts';
import { type AppParts, createRoutes } from './app.ts';
import { Engine, type EngineEvent } from './engine.ts';
import { checkLimits, defaultLimits, type Limits } from './limits.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { operations } from './operations.ts';
import { RefusalPace } from './refusal-pace.ts';
import { type ServerOptions, serverOptionNames } from './server-options.ts';
import { createShed, type Shed } from './shed.ts';
import type { WorkerInfo } from './worker-message.ts';

/** Who asks, as @hono/node-server says it. */
export interface Peer {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } };
}

/** For programs that have a server of their own: hand requests to `fetch`. */
export interface RelbertApp {
  /** Answers a request; `env` says who asks, for the rate limit. */
  fetch(request: Request, env?: Peer): Response | Promise<Response>;
  /** For a server of Node, before `fetch`: refuses cheaply what `fetch` would refuse because the queue is full. */
  readonly shed: Shed;
  /** What was loaded. @throws UsageError or Error where nothing can be, Problem where `close` comes before */
  readonly loaded: Promise<WorkerInfo>;
  readonly limits: Limits;
  readonly log: Logger;
  /** The process id of the worker. */
  readonly workerPid: number | undefined;
  /** From now on /ready says 503, and connections end after their answer. */
  stop(): void;
  /** Ends the worker process, also while it loads. */
  close(): Promise<void>;
}

/**
 * Starts to load the model in a worker process; requests wait for it.
 *
 * @throws OptionError for an option that there is not, or a limit out of its range
 */
export function createApp(options: ServerOptions = {}): RelbertApp {
  checkOptionNames(options, serverOptionNames);
  const { token, cors, trustProxy = false, log: logging = 'info', ...rest } = options;
  const { limits, spec } = split(rest);
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  const log = typeof logging === 'string' ? createLog(logging) : logging;
  const admission = new Admission(limits.queue, 8 * limits.maxPairs);
  const metrics = createMetrics(admission);
  const engine = new Engine(spec, (event) => hear(event, log, metrics));
  let stopping = false;
  const parts: AppParts = {
    ...{ engine, limits, admission, metrics, log, version, token, cors },
    pace: new RefusalPace(),
    offered: operations(limits, { index: spec.index !== undefined, classifier: spec.classifier !== undefined }),
    clientOf: (context) => clientOf(context, trustProxy),
    stopping: () => stopping,
  };
  const routes = createRoutes(parts);
  return {
    fetch: (request, env) => routes.fetch(request, env),
    shed: createShed(parts),
    loaded: engine.loaded,
    limits,
    log,
    get workerPid() {
      return engine.pid;
    },
    stop() {
      stopping = true;
    },
    async close() {
      stopping = true;
      await engine.close();
      metrics.registry.clear();
    },
  };
}

function split(options: Omit<ServerOptions, 'token' | 'cors' | 'trustProxy' | 'log'>) {
  const { maxBody, maxPairs, maxWord, maxTop, timeout, queue, rateLimit, ...spec } = options;
  const limits = { ...defaultLimits, ...given({ maxBody, maxPairs, maxWord, maxTop, timeout, queue, rateLimit }) };
  checkLimits(limits);
  return { limits, spec: given(spec) };
}

/** An option that is undefined is not given. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

function hear(event: EngineEvent, log: Logger, metrics: Metrics): void {
  if (event.kind === 'note') log.info(event.message);
  else if (event.kind === 'fault')
    log.error({ operation: event.operation, detail: event.detail }, 'an operation failed');
  else {
    metrics.workerReplaced();
    log.error({ reason: event.reason, requests: event.requests }, 'the worker ended; a new one starts');
  }
}

function clientOf({ req, env }: Context, trustProxy: boolean): string {
  const forwarded = trustProxy ? req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return forwarded ?? (env as Peer | undefined)?.incoming?.socket?.remoteAddress ?? 'unknown';
}
