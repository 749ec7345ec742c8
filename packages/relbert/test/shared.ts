import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

const folder = fileURLToPath(new URL('../../../../shared/', import.meta.url));

/** `../shared/<path>`: development data beside the checkout, which a user does not have. */
export function sharedPath(path: string): string {
  return folder + path;
}

/** A suite that needs files of ../shared; where they are missing it is skipped and its title says so. */
export function describeWithShared(name: string, paths: readonly string[], suite: () => void): void {
  const missing = paths.filter((path) => !existsSync(folder + path));
  if (missing.length === 0) describe(name, suite);
  // The suite itself is not called: it may read those files while tests are collected.
  else test.skip(`${name} (skipped: no ../shared/${missing.join(', ../shared/')})`);
}
