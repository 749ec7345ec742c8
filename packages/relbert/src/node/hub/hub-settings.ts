/** @file The environment variables of Python's huggingface_hub, read as it reads them. */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../../formats/checkpoint-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** The folder that holds `models--org--name`. */
  readonly cache: string;
  readonly offline: boolean;
  /** Whether the blob store that repositories share may be read. */
  readonly sharedBlobs: boolean;
  /** Sent to the endpoint only; never in a message. */
  readonly token: string | undefined;
}

export interface HubSettingsOptions {
  readonly env?: Environment | undefined;
  readonly endpoint?: string | undefined;
  readonly cache?: string | undefined;
  readonly offline?: boolean | undefined;
  /** `false`: send none. Default: from HF_TOKEN, HUGGING_FACE_HUB_TOKEN, or the file that `hf auth login` writes. */
  readonly token?: string | false | undefined;
}

/** Options, then environment, then defaults. @throws CheckpointError where HF_ENDPOINT is not a web address */
export async function hubSettings(options: HubSettingsOptions = {}): Promise<HubSettings> {
  const env = options.env ?? process.env;
  const endpoint = (options.endpoint ?? set(env['HF_ENDPOINT']) ?? 'https://huggingface.co').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new CheckpointError('HF_ENDPOINT', 'expected a web address such as https://huggingface.co');
  }
  const home =
    expand(env['HF_HOME'], env) ??
    join(expand(env['XDG_CACHE_HOME'], env) ?? join(homeOf(env), '.cache'), 'huggingface');
  return {
    endpoint,
    cache:
      options.cache ??
      expand(env['HF_HUB_CACHE'], env) ??
      expand(env['HUGGINGFACE_HUB_CACHE'], env) ??
      join(home, 'hub'),
    offline: options.offline ?? (isTrue(env['HF_HUB_OFFLINE']) || isTrue(env['TRANSFORMERS_OFFLINE'])),
    sharedBlobs: !isTrue(env['HF_HUB_DISABLE_SHARED_BLOBS']) && !isTrue(env['HF_HUB_DISABLE_XET']),
    token: options.token === undefined ? await tokenOf(env, home) : options.token || undefined,
  };
}

async function tokenOf(env: Environment, home: string): Promise<string | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const given = set(env['HF_TOKEN']) ?? set(env['HUGGING_FACE_HUB_TOKEN']);
  if (given !== undefined) return clean(given);
  try {
    return clean(await readFile(expand(env['HF_TOKEN_PATH'], env) ?? join(home, 'token'), 'utf8'));
  } catch {
    return undefined; // nobody logged in
  }
}

/** A token that cannot stand in a header is not sent at all; what it was is not said. */
function clean(token: string): string | undefined {
  const trimmed = token.trim();
  if (trimmed === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new CheckpointError('HF_TOKEN', 'the token holds characters that no token has; set it again');
  }
  return trimmed;
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

function homeOf(env: Environment): string {
  return set(env['HOME']) ?? set(env['USERPROFILE']) ?? homedir();
}

/** `~` and `$NAME` as Python expands them. */
function expand(path: string | undefined, env: Environment): string | undefined {
  return set(path)
    ?.replace(/^~(?=$|[/\\])/, () => homeOf(env))
    .replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, plain?: string, braced?: string) => env[plain ?? braced ?? ''] ?? whole);
}
