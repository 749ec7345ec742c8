/** @file Refuses requests of a full queue before their heads become a Request, which is most of the cost of a refusal. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { busy } from './admission.ts';
import { type AppParts, requestIdOf, tokenCheck } from './app.ts';
import { problemType } from './problem.ts';

/** Whether a request was refused: then it is answered. */
export type Shed = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createShed(parts: AppParts): Shed {
  const { admission, pace, offered, metrics, log, stopping, limits, token } = parts;
  // Who asks too often is refused for that, and does not count as load.
  if (limits.rateLimit !== undefined) return () => false;
  const check = token === undefined ? undefined : tokenCheck(token);
  const paths = new Set(offered.map(({ name }) => `/v1/${name}`));
  return ({ method, url: path = '', headers }, response) => {
    // The page of another origin may read a refusal only if it has the headers of CORS.
    if (method !== 'POST' || !paths.has(path) || headers.origin !== undefined) return false;
    if ((check && check(headers.authorization) !== 'right') || !admission.refuses()) return false;
    const start = performance.now();
    setTimeout(() => {
      const reqId = requestIdOf(headers['x-request-id'] as string | undefined);
      const body = busy.body(reqId);
      response.writeHead(busy.status, {
        ...busy.headers,
        'content-type': problemType,
        'content-length': body.length,
        'x-request-id': reqId,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        ...(stopping() && { connection: 'close' }),
      });
      response.end(body);
      const time = performance.now() - start;
      metrics.request(path, method, busy.status, time / 1000);
      log.debug({ reqId, method, path, status: busy.status, ms: Math.round(time * 10) / 10, pairs: 0 }, 'request');
    }, pace.delay());
    return true;
  };
}
