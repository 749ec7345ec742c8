/** @file Node's `fetch` goes past a proxy that curl, pip and Python's huggingface_hub would take. */

import type { Environment } from './hub-settings.ts';

const variables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

export interface NodeProcess {
  readonly env: Environment;
  readonly execArgv: readonly string[];
  readonly versions: { readonly node: string };
}

/**
 * What to do about a proxy that the environment names and `fetch` does not take; undefined where there is none, or where
 * Node was told to take it: `NODE_USE_ENV_PROXY=1` or `--use-env-proxy`, from Node 22.21 and from Node 24 on.
 */
export function unusedProxy({ env, execArgv, versions }: NodeProcess = process): string | undefined {
  const variable = variables.find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) return undefined;
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const canUse = major >= 24 || (major === 22 && minor >= 21);
  if (!canUse) {
    return `${variable} is set, which Node ${versions.node} does not use: take Node 22.21 or newer with NODE_USE_ENV_PROXY=1, or fetch the model's files with another program and name their folder`;
  }
  const told = env['NODE_USE_ENV_PROXY'] === '1' || execArgv.includes('--use-env-proxy');
  const options = env['NODE_OPTIONS'] ?? '';
  if (told || options.split(/\s+/).includes('--use-env-proxy')) return undefined;
  return `${variable} is set: with NODE_USE_ENV_PROXY=1 in the environment Node goes through it`;
}
