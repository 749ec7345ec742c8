import { afterAll, expect, it } from 'vitest';
import { webRuntime } from '../../src/browser.ts';
import {
  type ClassificationResult,
  embeddingFeatures,
  evaluateClassification,
  lexicalRelationSet,
} from '../../src/evaluate/index.ts';
import { nodeRuntime, nodeWorkerRuntime, RelationEncoder, type Runtime } from '../../src/index.ts';
import { tinyModel } from '../cli/command.ts';

const words = ['cat', 'dog', 'king', 'queen', 'sea', 'ship', 'sun', 'moon'];
/** The tail alone decides the relation: sun and moon are in the sky, cat and dog are animals. */
const lines = (count: number, name: string) => ({
  file: `${name}.tsv`,
  text: Array.from({ length: count }, (_, i) => {
    const tail = ['sun', 'cat', 'moon', 'dog'][i % 4] as string;
    return `${words[(i * 3) % 8]}${i}\t${tail}\t${i % 2 ? 'animal' : 'sky'}\n`;
  }).join(''),
});
const set = lexicalRelationSet({ train: lines(80, 'train'), test: lines(12, 'test') });

const encoder = await RelationEncoder.load(tinyModel, { template: '<subj> and <obj>', pooling: 'difference' });
afterAll(() => encoder.dispose());

async function classify(runtime: Runtime): Promise<ClassificationResult> {
  try {
    return await evaluateClassification(
      set,
      (pairs) => embeddingFeatures(pairs, (some) => encoder.encode(some), 'both'),
      runtime,
      { maxEpochs: 40 },
    );
  } finally {
    await runtime.dispose();
  }
}

it('classifies with nothing but what the entries export, on each runtime alike', async () => {
  const inThread = await classify(nodeRuntime());
  expect(inThread.predictions).toHaveLength(12);
  expect(inThread.test.macroF1).toBe(1);
  expect(await classify(nodeWorkerRuntime())).toEqual(inThread);
  // Other kernels: the same but for the last digits.
  const inPage = await classify(webRuntime());
  expect(inPage.predictions).toEqual(inThread.predictions);
  expect(inPage.classifier.loss).toBeCloseTo(inThread.classifier.loss, 4);
});
