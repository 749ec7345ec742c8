/** @file What happens to a request, from its head to its answer. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { rateLimiter } from 'hono-rate-limiter';
import type { Logger } from 'pino';
import { type Admission, busy } from './admission.ts';
import { checkContentType, readBody } from './body.ts';
import { docsPage } from './docs-page.ts';
import type { Engine } from './engine.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operations.ts';
import { Problem, problemType, serverFault, unavailable } from './problem.ts';
import type { RefusalPace } from './refusal-pace.ts';

export interface AppParts {
  readonly engine: Engine;
  readonly offered: readonly Operation[];
  readonly limits: Limits;
  readonly admission: Admission;
  readonly pace: RefusalPace;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly version: string;
  readonly token?: string | undefined;
  /** Origins of pages that may ask; `*`: any. Default: none. */
  readonly cors?: readonly string[] | undefined;
  /** Who asks, for the rate limit. */
  readonly clientOf: (context: Context) => string;
  /** Whether the server drains: connections end after their answer. */
  readonly stopping: () => boolean;
}

interface Variables {
  requestId: string;
  pairs: number;
}
export type AppEnv = { Variables: Variables };

/** Paths that are not operations. */
const plainPaths = ['/', '/health', '/ready', '/metrics', '/openapi.json', '/docs'];

export function createRoutes(parts: AppParts): Hono<AppEnv> {
  const { engine, offered, limits, token, metrics, log, stopping } = parts;
  const app = new Hono<AppEnv>();
  app.use(observed(parts));
  if (parts.cors?.length) {
    app.use(
      cors({
        origin: parts.cors.includes('*') ? '*' : [...parts.cors],
        allowMethods: ['GET', 'POST'],
        allowHeaders: ['authorization', 'content-type', 'x-request-id'],
        exposeHeaders: ['retry-after', 'x-request-id'],
        maxAge: 600,
      }),
    );
  }
  app.onError((error, context) => {
    if (error instanceof Problem) return refused(context, error);
    log.error({ reqId: context.get('requestId'), err: error }, 'request failed');
    return refused(context, serverFault());
  });
  app.notFound((context) => {
    const { path } = context.req;
    return refused(
      context,
      new Problem(404, `there is nothing at ${path.slice(0, 200)}; GET /openapi.json lists what there is`),
    );
  });

  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/ready', async (context) => {
    if (stopping()) return context.json({ status: 'stopping' }, 503, { 'retry-after': '1' });
    if (!engine.ready) return context.json({ status: 'starting' }, 503, { 'retry-after': '1' });
    return context.json({ status: 'ready', worker: engine.pid, ...(await engine.loaded) });
  });
  app.get('/metrics', async (context) =>
    context.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  const document = openApiDocument(offered, { version: parts.version, limits, token: token !== undefined });
  app.get('/openapi.json', (context) => context.json(document));
  app.get('/docs', (context) => {
    const { html, policy } = docsPage(document);
    return context.html(html, 200, { 'content-security-policy': policy });
  });
  // Relative: a proxy may serve all of this below a path of its own.
  app.get('/', (context) => context.redirect('docs'));
  for (const path of plainPaths) app.all(path, onlyMethods('GET, HEAD'));

  if (token !== undefined) app.use('/v1/*', bearer(token));
  if (limits.rateLimit !== undefined) app.use('/v1/*', rateLimit(limits.rateLimit, parts.clientOf));
  for (const operation of offered) {
    const path = `/v1/${operation.name}`;
    app.post(path, answered(operation, parts));
    app.all(path, onlyMethods('POST'));
  }
  return app;
}

function refused(context: Context<AppEnv>, problem: Problem): Response {
  const headers = { 'content-type': problemType, ...problem.headers };
  return context.body(problem.body(context.get('requestId')), problem.status as 500, headers);
}

/** Request ids, log and figures; errors have become responses when it goes on. */
function observed({ metrics, log, stopping, offered }: AppParts): MiddlewareHandler<AppEnv> {
  const known = new Set([...plainPaths, ...offered.map(({ name }) => `/v1/${name}`)]);
  return async (context, next) => {
    const start = performance.now();
    const reqId = requestIdOf(context.req.header('x-request-id'));
    context.set('requestId', reqId);
    context.set('pairs', 0);
    await next();
    const { method, path } = context.req;
    const { status, headers } = context.res;
    headers.set('x-request-id', reqId);
    headers.set('x-content-type-options', 'nosniff');
    if (path.startsWith('/v1/')) headers.set('cache-control', 'no-store');
    if (stopping()) headers.set('connection', 'close');
    const time = performance.now() - start;
    const route = known.has(path) ? path : 'other';
    metrics.request(route, route === 'other' ? 'other' : method, status, time / 1000);
    const pairs = context.get('pairs');
    if (status === 200) metrics.pairs(pairs);
    const level =
      status >= 500 && status !== 503 ? 'error' : path.startsWith('/v1/') && status !== 503 ? 'info' : 'debug';
    log[level]({ reqId, method, path: path.slice(0, 200), status, ms: Math.round(time * 10) / 10, pairs }, 'request');
  };
}

/** The id that the client gave, or a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}

function onlyMethods(allow: string): MiddlewareHandler<AppEnv> {
  return async ({ req }) => {
    throw new Problem(405, `${req.path} takes ${allow}, not ${req.method}`, { headers: { allow } });
  };
}

/** Whether a header Authorization has the token; compared in constant time. */
export function tokenCheck(token: string): (authorization: string | undefined) => 'right' | 'wrong' | 'missing' {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return 'missing';
    return timingSafeEqual(digest(given), expected) ? 'right' : 'wrong';
  };
}

function bearer(token: string): MiddlewareHandler<AppEnv> {
  const check = tokenCheck(token);
  return async ({ req }, next) => {
    const result = check(req.header('authorization'));
    if (result !== 'right') {
      const [detail, challenge] =
        result === 'missing'
          ? ['send the header Authorization: Bearer TOKEN', 'Bearer realm="relbert"']
          : ['the token is wrong', 'Bearer realm="relbert", error="invalid_token"'];
      throw new Problem(401, detail, { headers: { 'www-authenticate': challenge } });
    }
    await next();
  };
}

function rateLimit(limit: number, clientOf: (context: Context) => string): MiddlewareHandler<AppEnv> {
  return rateLimiter<AppEnv>({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-6',
    keyGenerator: clientOf,
    handler: (context) => {
      const seconds = context.res.headers.get('retry-after') ?? '60';
      throw new Problem(429, `this client may ask ${limit} times a minute`, { headers: { 'retry-after': seconds } });
    },
  });
}

function answered(operation: Operation, { engine, limits, admission, pace }: AppParts) {
  return async (context: Context<AppEnv>): Promise<Response> => {
    checkContentType(context);
    // Before the body is read: a refusal must be cheap. A place is taken after it: a slow client must not hold one.
    if (admission.refuses()) {
      await pause(pace.delay());
      throw busy;
    }
    const body = await readBody(context, operation.body, limits.maxBody);
    const controller = new AbortController();
    const place = admission.enter(() => controller.abort(busy));
    const timer = setTimeout(() => controller.abort(unavailable('the answer took too long')), limits.timeout * 1000);
    const gone = (): void => controller.abort(unavailable('the client has gone'));
    const { signal } = context.req.raw;
    signal.addEventListener('abort', gone, { once: true });
    try {
      const pairs = operation.pairsOf(body as never);
      place.addPairs(pairs);
      context.set('pairs', pairs);
      const json = await engine.run(operation.name, body, controller.signal);
      return context.body(json as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/json' });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', gone);
      place.leave();
    }
  };
}
