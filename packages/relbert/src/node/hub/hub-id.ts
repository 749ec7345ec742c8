import { CheckpointError } from '../../formats/checkpoint-error.ts';
import { nearestNames } from '../../text/nearest-name.ts';

/** A model on the hub: `org/name` or, for the oldest, `name`; a branch, tag or commit. */
export interface HubId {
  readonly id: string;
  /** Default `main`. */
  readonly revision: string;
}

/** Names that people type, for "did you mean"; the first is the package's own model. */
const knownNames: readonly string[] = [
  'embedded',
  'relbert-mpnet-base',
  'relbert/relbert-roberta-large',
  'relbert/relbert-roberta-base',
  'asahi417/relbert-roberta-large',
  'asahi417/relbert-roberta-large-autoprompt',
  'asahi417/relbert-roberta-large-ptuning',
  'roberta-large',
  'roberta-base',
  'xlm-roberta-base',
  'bert-large-cased',
  'bert-base-cased',
  'bert-base-uncased',
  'albert-xlarge-v1',
  'albert-base-v2',
  'distilbert-base-uncased',
  'microsoft/mpnet-base',
  'sentence-transformers/all-MiniLM-L6-v2',
  'sentence-transformers/all-mpnet-base-v2',
];

/** ` (did you mean x or y?)` of a mistyped name, or nothing. */
export function modelSuggestion(name: string): string {
  const near = knownNames.includes(name) ? [] : nearestNames(name, knownNames, 2);
  return near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`;
}

/** Whether a name is one that hubs have: only the oldest models have no organisation, so `nope` is rather a mistake. */
export function isLikelyModel(id: string): boolean {
  return id.includes('/') || knownNames.includes(id);
}

/** `org/name[@revision]`; undefined where the text cannot be a hub id. */
export function parseHubId(text: string): HubId | undefined {
  const [, id, revision = 'main'] = /^([^@]+)(?:@(.+))?$/.exec(text) ?? [];
  if (id === undefined || !/^(?:[A-Za-z0-9][\w.-]{0,95}\/)?[A-Za-z0-9][\w.-]{0,95}$/.test(id)) return undefined;
  if (id.includes('--') || id.includes('..') || /[.-]$/.test(id) || /[.-]\//.test(id)) return undefined;
  return { id, revision };
}

/** Like {@link parseHubId}, with an error. A revision becomes part of a path, so it may not lead out of its folder. */
export function requireHubId(text: string): HubId {
  const parsed = parseHubId(text);
  if (parsed === undefined) {
    throw new CheckpointError(text, 'not a hub id; one reads org/name or name, with @revision where wanted');
  }
  if (!/^[\w.][\w./+-]*$/.test(parsed.revision) || /(^|\/)\.{1,2}(\/|$)|\/\/|\/$/.test(parsed.revision)) {
    throw new CheckpointError(text, `not a revision: "${parsed.revision}" (a branch, a tag or a commit)`);
  }
  return parsed;
}
