import { CheckpointError } from '../formats/checkpoint-error.ts';

export interface RequestOptions {
  /** Default: the global one. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Request headers, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a server answers where a file is not there: a status, or a page. */
export interface NotThere {
  readonly answer: string;
}

/**
 * Asks for a file. An HTML page in answer counts as "not there": development servers send one for any name.
 *
 * @param accepted Error statuses that are an answer.
 * @param absent Statuses that mean "not there".
 * @throws CheckpointError where the server cannot be reached or answers with another error
 */
export async function requestFile(
  url: string,
  { fetch: send = (url, init) => fetch(url, init), signal, headers = {} }: RequestOptions,
  {
    accepted = [],
    absent = [404],
    ...init
  }: RequestInit & { accepted?: readonly number[]; absent?: readonly number[] },
): Promise<Response | NotThere> {
  let response: Response;
  try {
    response = await send(url, {
      method: 'GET',
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(url, unreachable(url, reason), { cause: error });
  }
  const { status, statusText, ok } = response;
  const page = ok && (response.headers.get('content-type')?.startsWith('text/html') ?? false);
  if ((ok && !page) || accepted.includes(status)) return response;
  await response.body?.cancel().catch(() => {});
  const answer = page ? 'an HTML page' : `${status} ${statusText}`.trimEnd();
  if (page || absent.includes(status)) return { answer };
  throw new CheckpointError(url, `the server answers ${answer}`);
}

/** A page is not told why a request failed. */
function unreachable(url: string, reason: string): string {
  const page = globalThis.location?.origin;
  const away = page !== undefined && URL.canParse(url, page) && new URL(url, page).origin !== page;
  if (globalThis.navigator?.onLine === false) {
    return `the browser is offline, and the file is not in its cache: load it once while online (${reason})`;
  }
  if (!away) return `the server cannot be reached (${reason})`;
  return (
    `the server cannot be reached, or does not allow this page to read from it (${reason}): let it send the header ` +
    `Access-Control-Allow-Origin: ${page}, or put the files on the page's own server`
  );
}

/**
 * The body, straight into one array where the length is known.
 *
 * @param onProgress With the size of the whole, undefined where the server does not say it, or said that of a packed body.
 * @throws CheckpointError where it is cut off
 */
export async function readBody(
  response: Response,
  url: string,
  signal: AbortSignal | undefined,
  onProgress: (loaded: number, size: number | undefined) => void,
): Promise<Uint8Array> {
  try {
    return await readAll(response, url, (loaded, size) => {
      onProgress(loaded, size);
      // Where all of the body has come, the next read of Node 20 waits for ever.
      signal?.throwIfAborted();
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(url, 'the connection broke off; try again', { cause: error });
  }
}

async function readAll(
  response: Response,
  url: string,
  onProgress: (loaded: number, size: number | undefined) => void,
): Promise<Uint8Array> {
  // The length of a packed body is not that of the file. Another origin's server shows a page the length without the coding.
  const length = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
  const announced = length === null ? 0 : Number(length);
  let size = length === null ? undefined : announced;
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  let bytes = new Uint8Array(announced || 1 << 20);
  let loaded = 0;
  for await (const chunk of chunksOf(response.body)) {
    if (loaded + chunk.byteLength > bytes.byteLength) {
      const larger = new Uint8Array(Math.max(bytes.byteLength * 2, loaded + chunk.byteLength));
      larger.set(bytes.subarray(0, loaded));
      bytes = larger;
    }
    bytes.set(chunk, loaded);
    loaded += chunk.byteLength;
    if (loaded > announced) size = undefined; // more than announced: that was the length of a packed body
    onProgress(loaded, size);
  }
  if (loaded < announced) {
    throw new CheckpointError(
      url,
      `the server sent ${loaded} bytes where it had announced ${announced}; try again, or put the file there again`,
    );
  }
  return bytes.subarray(0, loaded);
}

/** Not every browser iterates streams. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
