/** What the server takes at most. */
export interface Limits {
  /** Bytes of a body. Default 1 MiB. */
  readonly maxBody: number;
  /** Pairs in a request. Default 1024. */
  readonly maxPairs: number;
  /** Characters of a word. Default 128. */
  readonly maxWord: number;
  /** Answers to a question of /v1/neighbours and /v1/mine. Default 1000. */
  readonly maxTop: number;
  /** Seconds in which a request has to arrive, and again to be answered. Default 30. */
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
