import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { folderFiles, nodeRuntime, openLanguageModel, openModel, relationModel } from '../../src/index.ts';
import { exportOnnx } from '../../src/run/index.ts';
import { RelationSampler, train, trainingSchema } from '../../src/train/index.ts';

const folder = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));

it('exports a folder with nothing but what the entries export', async () => {
  const { model, inputs, dimension } = await exportOnnx(await openLanguageModel(await folderFiles(folder)));
  expect([inputs, dimension]).toEqual([['input_ids', 'attention_mask'], 24]);
  expect((await exportOnnx(await openModel(folder))).model).toEqual(model);
});

it('trains a folder for a step with nothing but what the entries export', async () => {
  const template = '<subj> is the <mask> of <obj>';
  const model = relationModel(await openModel(folder), { template, pooling: 'average_no_mask' });
  const words = ['cat', 'tail', 'hair', 'leaf', 'tree', 'a', 'b', 'c'];
  const pair = (i: number) => ({ head: words[i % 8] as string, tail: words[(i * 3 + 1) % 8] as string });
  const relations = Array.from({ length: 4 }, (_, i) => ({
    relation: `r${i}`,
    parent: `c${i % 2}`,
    aliases: [],
    positives: [pair(i), pair(i + 1), pair(i + 2)],
    negatives: [pair(i + 3), pair(i + 4)],
  }));
  const runtime = nodeRuntime();
  const kinds: string[] = [];
  for await (const event of train({
    model,
    training: trainingSchema.parse({ losses: [{ name: 'triplet' }], steps: 1, learningRate: 1e-3 }),
    sampler: new RelationSampler({ parts: [{ relations, positives: 2, negatives: 1, relationsPerStep: 3 }], seed: 1 }),
    runtime,
    threads: 1,
  })) {
    kinds.push(event.kind);
    if (event.kind === 'done') expect(event.weights.size).toBeGreaterThan(10);
  }
  await runtime.dispose();
  expect(kinds).toEqual(['start', 'step', 'done']);
});
