/**
 * @file A model's folder to the HuggingFace hub, by the package @huggingface/hub: it creates the repository, asks which
 * files are large, sends those to the storage, and commits. What this file adds is what has to be right before, what need
 * not be sent again, requests that are repeated, and errors that say what to do.
 */

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { precedingWeights, weightsLayoutOf } from '../../encoder/checkpoint.ts';
import { cardFields } from '../../formats/card-fields.ts';
import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { excerpt } from '../../text/excerpt.ts';
import { fileError } from '../file-error.ts';
import { readText } from '../read-file.ts';
import { contentHash } from './content-hash.ts';
import { type RetryOptions, readBody, request, withRetries } from './http.ts';
import type { HubOptions } from './hub.ts';
import { parseHubId } from './hub-id.ts';
import { hubSettings } from './hub-settings.ts';

export interface PushOptions extends Omit<HubOptions, 'onProgress' | 'cache' | 'offline'> {
  /** Of a repository that is made. Default: the account's choice, mostly public. */
  readonly private?: boolean | undefined;
  /** Title of the commit. Default: `Upload by relbert`. */
  readonly title?: string | undefined;
  readonly onProgress?: ((event: PushEvent) => void) | undefined;
}

export type PushEvent =
  /** A file is compared, hashed or sent: `share` of it, 0 … 1. */
  | { readonly kind: 'file'; readonly file: string; readonly what: 'checking' | 'sending'; readonly share: number }
  /** A request is repeated after `delay` milliseconds. */
  | { readonly kind: 'retry'; readonly delay: number; readonly reason: string };

export interface PushedFile {
  readonly file: string;
  readonly bytes: number;
}

export interface PushResult {
  readonly repository: string;
  readonly url: string;
  /** undefined: all files were there already. */
  readonly commit: string | undefined;
  readonly uploaded: readonly PushedFile[];
  readonly unchanged: readonly PushedFile[];
}

const HUB_PACKAGE = '@huggingface/hub';

/**
 * The files of a folder that a push sends: all but hidden ones and folders.
 * @throws CheckpointError where the folder has no checkpoint, or its model card lacks what readers need
 */
export async function filesToPush(folder: string): Promise<PushedFile[]> {
  const files: PushedFile[] = [];
  try {
    for (const file of await readdir(folder)) {
      if (file.startsWith('.')) continue;
      const facts = await stat(join(folder, file));
      if (facts.isFile()) files.push({ file, bytes: facts.size });
    }
  } catch (error) {
    throw fileError(folder, 'read', error);
  }
  const names = files.map(({ file }) => file);
  if (!names.includes('config.json') || !weightsLayoutOf(names)) {
    throw new CheckpointError(folder, 'holds no model: expected config.json and weights (model.safetensors)');
  }
  const card = names.includes('README.md') ? await readText(join(folder, 'README.md')) : undefined;
  checkCard(join(folder, 'README.md'), card);
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A model without licence and origin is of no use to others. */
function checkCard(path: string, card: string | undefined): void {
  const form =
    'a model card starts with "---", lines such as "license: apache-2.0" and "base_model: org/name", and "---"';
  if (card === undefined)
    throw new CheckpointError(path, `there is no model card; write one: ${form}, then says what the model is for`);
  const fields = cardFields(card);
  if (!fields) throw new CheckpointError(path, `the model card has no fields: ${form}`);
  if (fields.field('license') === undefined) {
    throw new CheckpointError(
      path,
      'the model card has no licence: add a line such as "license: apache-2.0" to its fields, the licence of the base model where nothing forbids it',
    );
  }
  const base = fields.field('base_model');
  if (base === undefined) {
    throw new CheckpointError(
      path,
      'the model card does not say what the model was made from: add a line such as "base_model: roberta-base" to its fields',
    );
  }
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(base)) {
    throw new CheckpointError(path, `base_model is ${excerpt(base)}; expected a name on the hub, such as roberta-base`);
  }
  if (fields.body.trim() === '')
    throw new CheckpointError(path, 'the model card has fields but no text: say what the model is for');
}

/** @throws CheckpointError where the hub takes no model of this name */
export function checkRepositoryName(repository: string): void {
  const id = parseHubId(repository)?.id;
  if (id === undefined || id !== repository || !id.includes('/')) {
    throw new CheckpointError(
      repository,
      'not a name for a model on the hub: expected org/name, your user name for org',
    );
  }
}

/**
 * Sends a model's folder to the hub. Files that are there already are not sent again, so a push that was interrupted is
 * resumed by another one.
 *
 * @param repository `org/name`; made where it is missing.
 * @throws CheckpointError as `relbert push`, without a token, where the hub refuses, or cannot be reached for long;
 *   the signal's reason when aborted
 */
export async function pushModel(folder: string, repository: string, options: PushOptions = {}): Promise<PushResult> {
  checkRepositoryName(repository);
  const files = await filesToPush(folder);
  const { endpoint, token, offline } = await hubSettings(options);
  if (offline) {
    throw new CheckpointError(
      repository,
      'pushing needs the network, and the offline switch is on: unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE',
    );
  }
  if (token === undefined) {
    throw new CheckpointError(
      repository,
      'pushing needs a token that may write: make one on the hub (Settings, Access Tokens), and set HF_TOKEN to it',
    );
  }
  const { signal, onProgress } = options;
  const hub = await loadHub();
  const fetchAgain = retryingFetch(repository, options);
  const access = {
    repo: { type: 'model' as const, name: repository },
    accessToken: token,
    hubUrl: endpoint,
    fetch: fetchAgain,
  };
  try {
    await ensureRepository(hub, access, options.private);
    const remote = await remoteFiles(hub, access);
    refuseOtherWeights(repository, files, [...remote.keys()]);
    const { changed, unchanged } = await compare(folder, files, remote, options);
    const url = `${endpoint}/${repository}`;
    if (changed.length === 0) return { repository, url, commit: undefined, uploaded: [], unchanged };
    const steps = hub.commitIter({
      ...access,
      title: options.title ?? 'Upload by relbert',
      operations: changed.map(({ file }) => ({
        ...{ operation: 'addOrUpdate', path: file, content: pathToFileURL(resolve(folder, file)) },
      })),
      // One way to send files, which a test can follow; the hub takes it for every repository.
      useXet: false,
      ...(signal && { abortSignal: signal }),
    });
    for (;;) {
      const step = await steps.next();
      if (step.done) return { repository, url, commit: step.value?.commit.oid, uploaded: changed, unchanged };
      if (step.value.event !== 'fileProgress') continue;
      const { path, state, progress } = step.value;
      onProgress?.({ kind: 'file', file: path, what: state === 'hashing' ? 'checking' : 'sending', share: progress });
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw refusal(error, repository);
  }
}

type Hub = typeof import('@huggingface/hub');
type Access = Parameters<Hub['createRepo']>[0] & { readonly fetch: typeof fetch };

async function loadHub(): Promise<Hub> {
  try {
    // A name in a variable: compilers and bundlers leave an import of a package that may be missing alone.
    return (await import(HUB_PACKAGE)) as Hub;
  } catch (error) {
    throw new CheckpointError(
      HUB_PACKAGE,
      'not installed; pushing needs it: install it beside relbert, npm install @huggingface/hub@2',
      { cause: error },
    );
  }
}

/** Makes the repository where there is none. A public one is not pushed to as a private one. */
async function ensureRepository(hub: Hub, access: Access, wantsPrivate: boolean | undefined): Promise<void> {
  const { hubUrl, accessToken, fetch: fetchAgain } = access;
  const { name } = access.repo as { readonly name: string };
  const address = `${hubUrl}/api/models/${name}`;
  const response = await fetchAgain(address, { headers: { authorization: `Bearer ${accessToken}` } });
  if (response.status === 404) {
    try {
      await hub.createRepo({ ...access, ...(wantsPrivate && { visibility: 'private' }) });
    } catch (error) {
      // Made by somebody else in between: the next request says whether it may be used.
      if (!(error instanceof hub.HubApiError) || error.statusCode !== 409) throw error;
    }
    return;
  }
  if (!response.ok) throw new hub.HubApiError(address, response.status);
  const info = (await response.json()) as { readonly private?: unknown };
  if (wantsPrivate && info.private === false) {
    throw new CheckpointError(
      name,
      'exists on the hub and is public: make it private there, or push without --private',
    );
  }
}

/** What identifies the content of each file there: SHA-256 of a large one, git's blob hash of another. */
async function remoteFiles(hub: Hub, access: Access): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  try {
    for await (const { type, path, oid, lfs } of hub.listFiles(access)) {
      const hash = lfs?.oid ?? oid;
      if (type === 'file' && hash !== undefined) hashes.set(path, hash);
    }
  } catch (error) {
    // A repository without a commit has no files.
    if (!(error instanceof hub.HubApiError) || error.statusCode !== 404) throw error;
  }
  return hashes;
}

/** What is there stays there: its weights must not be read instead of those that are sent. */
function refuseOtherWeights(repository: string, files: readonly PushedFile[], remote: readonly string[]): void {
  const file = precedingWeights(
    remote,
    files.map((each) => each.file),
  );
  if (file === undefined) return;
  throw new CheckpointError(
    repository,
    `holds ${file}, which would be read instead of the weights in the folder: delete it on the hub first, or push to another name`,
  );
}

async function compare(
  folder: string,
  files: readonly PushedFile[],
  remote: ReadonlyMap<string, string>,
  { onProgress, signal }: PushOptions,
) {
  const changed: PushedFile[] = [];
  const unchanged: PushedFile[] = [];
  for (const each of files) {
    const hash = remote.get(each.file);
    onProgress?.({ kind: 'file', file: each.file, what: 'checking', share: 0 });
    const algorithm = hash?.length === 64 ? 'sha256' : 'sha1';
    const same = hash && hash === (await contentHash(join(folder, each.file), algorithm, each.bytes, signal));
    (same ? unchanged : changed).push(each);
  }
  return { changed, unchanged };
}

/** Bytes a second below which an upload counts as stalled. */
const SLOWEST = 32 * 1024;

/** `fetch` that repeats requests which broke off (also within an answer), stalled, or met a server that is overloaded. */
function retryingFetch(repository: string, options: PushOptions): typeof fetch {
  const { fetch: given, stallTimeout = 60_000, attempts = 5, pause = 500, signal, onProgress } = options;
  const send = given ?? ((url: string, init: RequestInit) => fetch(url, init));
  return (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const size = init.body instanceof Blob ? init.body.size : 0;
    // The library stops its other uploads where one fails.
    const stops = [signal, init.signal].filter((each) => each !== undefined && each !== null);
    const context = {
      ...{ fetch: send, stallTimeout: stallTimeout + (1000 * size) / SLOWEST, attempts, pause },
      signal: AbortSignal.any(stops),
    };
    return withRetries(
      repository,
      context,
      async () => wholeResponse(await request(url, { ...init, signal: null }, context), context),
      (_, delay, reason) => onProgress?.({ kind: 'retry', delay, reason }),
    );
  };
}

/** The response with all of its body, which is short: JSON, or nothing. @throws TransientError where it breaks off */
async function wholeResponse(response: Response, options: RetryOptions): Promise<Response> {
  if (response.body === null) return response;
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(response, options)) chunks.push(chunk);
  const { status, statusText, headers } = response;
  return new Response(Buffer.concat(chunks), { status, statusText, headers });
}

/** What the hub's answer means and what to do. Addresses are left out: those of the storage are signed. */
function refusal(error: unknown, repository: string): unknown {
  if (error instanceof SyntaxError) {
    return new CheckpointError(repository, 'the answer is not that of a HuggingFace hub; is HF_ENDPOINT right?', {
      cause: error,
    });
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : undefined;
  if (status === undefined) return error;
  const data = (error as { readonly data?: { readonly error?: unknown } }).data;
  const said = typeof data?.error === 'string' ? ` (it says ${excerpt(data.error)})` : '';
  const again = 'run the same command again: what has arrived is not sent again';
  const meaning: Readonly<Record<number, string>> = {
    401: 'the hub does not accept the token: set HF_TOKEN to a valid one that may write',
    403: `the token may not write here: take one with write access to ${repository.split('/')[0]}`,
    404: 'there is no such place on the hub, or the token may not see it: check the name and the token',
    409: `somebody changed the repository meanwhile; ${again}`,
    412: `somebody changed the repository meanwhile; ${again}`,
    413: 'a file is larger than the hub takes',
  };
  return new CheckpointError(repository, `${meaning[status] ?? `the hub answers ${status}; ${again}`}${said}`, {
    cause: error,
  });
}
