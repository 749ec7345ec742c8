import { inspect } from 'node:util';
import { fromOne, type NumberRange, OptionError } from 'relbert/cli';

/** What the server takes at most: whole numbers from 1; `Infinity` is refused. */
export interface Limits {
  /** Bytes of a body. Default 1 MiB. */
  readonly maxBody: number;
  /** Pairs in a request. Default 1024. */
  readonly maxPairs: number;
  /** Characters of a word. Default 128. */
  readonly maxWord: number;
  /** Answers to a question of /v1/neighbours and /v1/mine. Default 1000. */
  readonly maxTop: number;
  /** Seconds in which a request has to arrive, and again to be answered: at most 1,073,741 (12 days). Default 30. */
  readonly timeout: number;
  /** Requests that are computed or wait for it; further ones are answered 503. Default 128. */
  readonly queue: number;
  /** Requests a minute from one client; further ones are answered 429. Default: no limit. */
  readonly rateLimit?: number | undefined;
}

export const defaultLimits: Limits = {
  maxBody: 2 ** 20,
  maxPairs: 1024,
  maxWord: 128,
  maxTop: 1000,
  timeout: 30,
  queue: 128,
};

/** Timers of Node that are set to 2 ** 31 milliseconds fire at once, and a connection lasts twice the timeout. */
const longest = Math.floor(2 ** 30 / 1000);

/** What each limit may be, on the command line and in a program. */
export const limitRanges: Readonly<Record<keyof Limits, NumberRange>> = {
  maxBody: fromOne,
  maxPairs: fromOne,
  maxWord: fromOne,
  maxTop: fromOne,
  timeout: {
    expected: `a whole number from 1 to ${longest}`,
    holds: (value) => fromOne.holds(value) && value <= longest,
  },
  queue: fromOne,
  rateLimit: fromOne,
};

/** @throws OptionError for a limit that is out of its range */
export function checkLimits(limits: Limits): void {
  for (const name of Object.keys(limitRanges) as (keyof Limits)[]) {
    const value = limits[name];
    if (value === undefined || limitRanges[name].holds(value)) continue;
    throw new OptionError(`${name} must be ${limitRanges[name].expected}, got ${inspect(value)}`);
  }
}
