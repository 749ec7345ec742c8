/** @file The JSON of a request's body. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { Problem } from './problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const jsonType = /^application\/json(\s*;\s*charset="?utf-?8"?)?\s*$/i;
/** Parts that a refusal names. */
const mostErrors = 10;

/** @throws Problem 415 for a body that is not declared as JSON in UTF-8 */
export function checkContentType({ req }: Context): void {
  const type = req.header('content-type');
  const encoding = req.header('content-encoding') ?? 'identity';
  if (type !== undefined && jsonType.test(type) && encoding === 'identity') return;
  const got = type === undefined ? 'no content-type' : encoding === 'identity' ? type : `content-encoding ${encoding}`;
  throw new Problem(415, `send the body as application/json in UTF-8; got ${got.slice(0, 100)}`, {
    headers: { accept: 'application/json' },
  });
}

/** @throws Problem 413, 400 (not JSON, or broken off) or 422 (not what the schema says) */
export async function readBody<S extends z.ZodType>(
  context: Context,
  schema: S,
  maxBody: number,
): Promise<z.output<S>> {
  const bytes = await readBytes(context, maxBody);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new Problem(400, `the body is not JSON${error instanceof SyntaxError ? '' : ' in UTF-8'}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, mostErrors).map(({ path, message }) => ({
    pointer: path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 100)}`).join(''),
    detail: message.slice(0, 300),
  }));
  const [first] = errors;
  throw new Problem(422, `the body is not as the schema says: ${first?.pointer || 'the body'}: ${first?.detail}`, {
    errors,
  });
}

/** @throws Problem 413, or 400 where the client leaves before its body has come: that is no failure of the server */
async function readBytes({ req }: Context, maxBody: number): Promise<Uint8Array> {
  const declared = req.header('content-length');
  const tooLarge = () =>
    new Problem(413, `the body has more than ${maxBody} bytes`, { headers: { connection: 'close' } });
  const known = declared !== undefined && req.header('transfer-encoding') === undefined;
  if (known && !(Number(declared) <= maxBody)) throw tooLarge();
  try {
    if (known) return new Uint8Array(await req.arrayBuffer());
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of req.raw.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBody) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(400, 'the client broke off its body');
  }
}
