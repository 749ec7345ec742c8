/** @file What an error status of the hub means, and what to do. */

import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { type HubId, modelSuggestion } from './hub-id.ts';

/** The hub's own "no": not a matter of the network. */
export class HubRefusal extends CheckpointError {}

/** @param hasToken Whether the request carried one. */
export function modelRefusal(response: Response, { id, revision }: HubId, hasToken: boolean): CheckpointError {
  const origin = `${id}@${revision}`;
  const code = errorCode(response);
  const { status } = response;
  if (code === 'RevisionNotFound') {
    return new HubRefusal(origin, `the model has no branch, tag or commit "${revision}"`);
  }
  if (isTokenRefused(response, hasToken)) return tokenRefused(origin);
  if (code === 'GatedRepo' || status === 403) return gated(origin, hasToken);
  // without permission the hub does not tell a private model from one that does not exist
  if (status === 401 || status === 404 || code === 'RepoNotFound') {
    const permission = hasToken ? permissionOfToken : 'if it is private, set HF_TOKEN to a token that may read it';
    return new HubRefusal(
      origin,
      `there is no folder of this name, and there is no such model on the hub${modelSuggestion(id)}: check the spelling; ${permission}`,
    );
  }
  return new CheckpointError(origin, `the hub answers ${status} ${response.statusText}`.trimEnd());
}

/** The same for a file of a model that the hub lists: a gated one is listed for everybody. */
export function fileRefusal(response: Response, file: string, hasToken: boolean): CheckpointError {
  if (errorCode(response) === 'GatedRepo') return gated(file, hasToken);
  if (isTokenRefused(response, hasToken)) return tokenRefused(file);
  return new CheckpointError(file, `the server answers ${response.status} ${response.statusText}`.trimEnd());
}

const permissionOfToken = 'the token in use (HF_TOKEN, or the one of `hf auth login`) may not read it';

function errorCode(response: Response): string {
  return response.headers.get('x-error-code') ?? '';
}

/** An invalid token is refused for public models too. */
function isTokenRefused(response: Response, hasToken: boolean): boolean {
  const said = response.headers.get('x-error-message') ?? '';
  return response.status === 401 && hasToken && (errorCode(response) === '' || said.startsWith('Invalid credentials'));
}

/** Not a {@link HubRefusal}: of the model it says nothing, so what the cache holds can be used. */
function tokenRefused(what: string): CheckpointError {
  return new CheckpointError(
    what,
    'the hub does not accept the token in use (it may have expired): run `hf auth login`, or set HF_TOKEN to a valid one; a public model needs none: unset HF_TOKEN, or run `hf auth logout`',
  );
}

function gated(what: string, hasToken: boolean): HubRefusal {
  return new HubRefusal(
    what,
    `the model is gated: accept its terms on its page on the hub; ${hasToken ? permissionOfToken : 'then set HF_TOKEN'}`,
  );
}
