import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport } from '../../../reproduction/src/report/report-file.ts';
import { madeUpReport } from '../../../reproduction/test/report/figures.ts';
import { searchStore } from '../../src/node/search-store.ts';
import { trainingStore } from '../../src/node/training-store.ts';
import { decodeText } from '../../src/text/lines.ts';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import { AdamW } from '../../src/train/optimiser.ts';
import { checkRecipe, parseRecipe } from '../../src/train/recipe.ts';
import type { TrainingState } from '../../src/train/training-state.ts';
import { bytesOf, fixture } from './files.ts';
import { REPLACEABLE, type Reader, safetensorsHeader, single } from './reader.ts';

export function runReaders(folder: string): Reader[] {
  const recipes = ['default', 'mpnet', 'journal2023'].map((name) => {
    const bytes = fixture(`../../recipes/${name}.json`);
    return single(
      `${name}.json`,
      bytes,
      (damaged) => {
        const recipe = parseRecipe(decodeText(`${name}.json`, damaged), `${name}.json`);
        return checkRecipe({ ...recipe, teacher: recipe.teacher }, `${name}.json`);
      },
      { name: `recipe ${name}`, otherResult: REPLACEABLE },
    );
  });
  const search = {
    ...{ configuration: {}, iteration: 3, triggers: [5, 6, 7], tried: [0], seconds: 1.5, finished: false },
    best: { iteration: 2, triggers: [5, 6, 7], loss: 0.5, validation: 0.25 },
  };
  return [
    ...recipes,
    single('search.json', bytesOf(JSON.stringify(search)), (bytes) => {
      writeFileSync(join(folder, 'search.json'), bytes);
      return searchStore(folder).load();
    }),
    single(
      'report.json',
      bytesOf(JSON.stringify(madeUpReport())),
      (bytes) => parseReport({ file: 'report.json', text: decodeText('report.json', bytes) }),
      { otherResult: REPLACEABLE },
    ),
  ];
}

/** The last checkpoint of a run of two steps that trains one tensor. */
export async function trainingReaders(folder: string): Promise<Reader[]> {
  const shape = [2, 3];
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const trained = () => ({
    optimiser: new AdamW([{ name: 'w', data: values }]),
    average: undefined,
    weights: new Map([['w', { dtype: 'float32', shape, data: values } as const]]),
  });
  const tensors = ['weight', 'first', 'second'].map(
    (part) => [`${part}.w`, { dtype: 'float32', shape, data: values }] as const,
  );
  const state: TrainingState = {
    configuration: { steps: 2 },
    progress: {
      ...{
        step: 2,
        momentSteps: 2,
        seconds: 1.5,
        waited: 0,
        checked: 2,
        microBatches: 1,
        losses: [0.5, 0.25],
        finished: false,
      },
      ...{ first: 0.5, best: { step: 2, metric: 'loss', value: 0.25 } },
    },
    tensors: new Map(tensors),
  };
  const store = trainingStore(folder);
  await store.save('last', state);
  const bytes = new Uint8Array(readFileSync(join(folder, 'last.safetensors')));
  const read = (damaged: Uint8Array) => {
    writeFileSync(join(folder, 'last.safetensors'), damaged);
    return readCheckpoint('last', { store, trained: trained(), steps: 2, check: () => {} });
  };
  return [
    single('last.safetensors', bytes, read),
    single('last.safetensors', bytes, read, { name: 'header of last.safetensors', part: safetensorsHeader(bytes) }),
  ];
}
