/** @file Errors as the client sees them: application/problem+json (RFC 9457), without internals. */
import { STATUS_CODES } from 'node:http';

/** A place of the body that is wrong. */
export interface ProblemPart {
  /** JSON pointer (RFC 6901) into the body. */
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly ProblemPart[];
}

/** Why a request is not answered with 200. Its message is for the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly ProblemPart[] | undefined;

  constructor(status: number, detail: string, { headers = {}, errors }: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }

  body(requestId?: string): string {
    const { status, message: detail, errors } = this;
    return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, errors, requestId });
  }
}

export const problemType = 'application/problem+json';

/** The server cannot answer now, and may in a second. */
export function unavailable(detail: string): Problem {
  return new Problem(503, detail, { headers: { 'retry-after': '1' } });
}

/** A mistake of the server: the log says more under the request's id. */
export function serverFault(): Problem {
  return new Problem(500, "the server failed to answer; its log says why under this request's id");
}
