import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { parseJsonObject } from '../formats/json-file.ts';
import type { SearchState, SearchStore } from '../search/search-state.ts';
import { isJsonObject } from '../text/json.ts';
import { makeFolder, writeFileAtomic } from './files.ts';
import { folderFiles } from './folder.ts';

/** The file that {@link searchStore} writes. */
export const searchStateName = 'search.json';

/**
 * The state of a prompt search as one small file of a folder, replaced at once.
 *
 * `load` throws CheckpointError for a file that is not a state of a search.
 */
export function searchStore(folder: string): SearchStore {
  return {
    async save(state) {
      await makeFolder(folder);
      await writeFileAtomic(join(folder, searchStateName), `${JSON.stringify(state)}\n`);
    },
    async load() {
      const file = `${folder}/${searchStateName}`;
      if (!existsSync(folder)) return undefined;
      const bytes = await (await folderFiles(folder)).read(searchStateName);
      if (bytes === undefined) return undefined;
      const state = parseJsonObject(file, bytes);
      const { iteration, triggers, tried, best, finished } = state;
      const sound =
        Number.isSafeInteger(iteration) &&
        isIds(triggers) &&
        isIds(tried) &&
        isJsonObject(best) &&
        Number.isSafeInteger(best['iteration']) &&
        isIds(best['triggers']) &&
        Number.isFinite(best['loss']) &&
        Number.isFinite(best['validation'] ?? 0) &&
        Number.isFinite(state['seconds']) &&
        typeof finished === 'boolean';
      if (!sound)
        throw new CheckpointError(file, 'this is not a state of a prompt search: start anew with --overwrite');
      return state as unknown as SearchState;
    },
  };
}

function isIds(value: unknown): boolean {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && (id as number) >= 0);
}
