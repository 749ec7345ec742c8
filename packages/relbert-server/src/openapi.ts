/** @file The OpenAPI 3.1 document. A schema of zod is a JSON Schema of the draft that OpenAPI 3.1 takes. */
import { z } from 'zod';
import type { Limits } from './limits.ts';
import type { Operation } from './operations.ts';
import { problemType } from './problem.ts';

export interface OpenApiOptions {
  readonly version: string;
  readonly limits: Limits;
  /** Whether a bearer token is asked for. */
  readonly token: boolean;
}

const refusals: Readonly<Record<number, string>> = {
  400: 'The body is not JSON, or the request is not HTTP.',
  401: 'The bearer token is missing or wrong.',
  413: 'The body is too large.',
  415: 'The body is not declared as application/json in UTF-8.',
  422: 'The body does not follow the schema, or the model cannot take a word.',
  429: 'This client asks too often.',
  500: 'The server failed.',
  503: 'The server is busy or starts, or the answer took too long.',
};

export function openApiDocument(offered: readonly Operation[], { version, limits, token }: OpenApiOptions): object {
  const refused = Object.keys(refusals)
    .map(Number)
    .filter((status) => (status !== 401 || token) && (status !== 429 || limits.rateLimit !== undefined));
  return {
    openapi: '3.1.0',
    info: {
      title: 'relbert',
      version,
      description: `Relation embeddings of word pairs. Bodies have at most ${limits.maxBody} bytes. Each response carries the header x-request-id: that of the request, or a new one.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: {
      ...Object.fromEntries(
        offered.map((operation) => [`/v1/${operation.name}`, { post: post(operation, refused, token) }]),
      ),
      '/health': get('health', 'Whether the process answers', { 200: status('ok') }),
      '/ready': get('ready', 'Whether the model is loaded and requests are taken', {
        200: status('ready'),
        503: status('starting', 'stopping'),
      }),
      '/metrics': get('metrics', 'Figures for Prometheus', {
        200: { description: 'Prometheus text', content: { 'text/plain': { schema: { type: 'string' } } } },
      }),
    },
    components: {
      responses: Object.fromEntries(refused.map((code) => [`Status${code}`, problemResponse(code)])),
      schemas: { ...namedSchemas(offered), Problem: problem },
      ...(token && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

function post(
  { name, summary, description, body, answer, example }: Operation,
  refused: readonly number[],
  token: boolean,
) {
  return {
    operationId: name,
    summary,
    description,
    ...(token && { security: [{ token: [] }] }),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: jsonSchema(body, 'input'), example: example.body } },
    },
    responses: {
      200: {
        description: 'The answer',
        headers: { 'x-request-id': requestId },
        content: { 'application/json': { schema: jsonSchema(answer, 'output'), example: example.answer } },
      },
      ...Object.fromEntries(refused.map((code) => [code, { $ref: `#/components/responses/Status${code}` }])),
    },
  };
}

function get(operationId: string, summary: string, responses: Readonly<Record<number, object>>) {
  return { get: { operationId, summary, responses } };
}

function status(...values: readonly string[]) {
  const schema = { type: 'object', properties: { status: { enum: values } }, required: ['status'] };
  return { description: values.join(' or '), content: { 'application/json': { schema } } };
}

const requestId = { schema: { type: 'string' }, description: 'The id under which the log has the request.' };
const retryAfter = { schema: { type: 'integer' }, description: 'Seconds to wait.' };

const problem = {
  type: 'object',
  description: 'RFC 9457',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
        required: ['pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
};

function problemResponse(code: number) {
  const headers = {
    'x-request-id': requestId,
    ...((code === 429 || code === 503) && { 'retry-after': retryAfter }),
    ...(code === 401 && { 'www-authenticate': { schema: { type: 'string' } } }),
  };
  const schema = { $ref: '#/components/schemas/Problem' };
  return { description: refusals[code], headers, content: { [problemType]: { schema } } };
}

/** Schemas with a name become components, by reference. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { io });
  return JSON.parse(JSON.stringify(rest).replaceAll('#/$defs/', '#/components/schemas/')) as object;
}

function namedSchemas(offered: readonly Operation[]): object {
  const all = z.toJSONSchema(z.tuple(offered.map(({ body }) => body) as [z.ZodType]), { io: 'input' });
  return JSON.parse(JSON.stringify(all.$defs).replaceAll('#/$defs/', '#/components/schemas/')) as object;
}
