import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/encoder/export-onnx.ts';
import { createPromptBatchEncoder } from '../../src/encoder/prompt-batch-encoder.ts';
import { promptBatch } from '../../src/encoder/relation-graph.ts';
import { RelationEncoder } from '../../src/index.ts';
import { openModel } from '../../src/node/open-model.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { distill } from '../../src/run/distill.ts';
import { checkRecipe } from '../../src/train/recipe.ts';
import { webRuntime } from '../../src/web/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-families-'));
const home = process.env['HF_HOME'];
beforeAll(() => {
  process.env['HF_HOME'] = join(folder, 'hub');
});
afterAll(() => {
  if (home === undefined) delete process.env['HF_HOME'];
  else process.env['HF_HOME'] = home;
  rmSync(folder, { recursive: true, force: true });
});

const fixture = (family: string) => fileURLToPath(new URL(`../fixtures/encoder/${family}`, import.meta.url));
const pairs = [
  ['Tokyo', 'Japan'],
  ['word', 'language'],
  ['unhappy', 'sad'],
] as const;
const words = ['cat', 'dog', 'wheel', 'car', 'hot', 'cold', 'music', 'note'];
const relations = join(folder, 'relations.jsonl');
writeFileSync(
  relations,
  Array.from({ length: 4 }, (_, r) => {
    const of = (from: number, to: number) =>
      words.slice(from, to).map((word, i) => [word, words[(from + i + r + 1) % words.length]]);
    const set = { relation: `r${r}`, parent: `c${r % 2}`, positives: of(0, 5), negatives: of(5, 8) };
    return `${JSON.stringify(set)}\n`;
  }).join(''),
);

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
}

/** What the families have in common is tested with BERT; here, that these have it too. */
describe.each(['electra', 'modernbert', 'deberta-v2', 'deberta-v2-plain'])('%s', (family) => {
  const options = { template: '<subj> is the <mask> of <obj>', pooling: 'average', worker: false, threads: 1 } as const;

  it('exports a file that gives the same embeddings, near those in 8 bits', async () => {
    await using encoder = await RelationEncoder.load(fixture(family), options);
    const { data } = await encoder.encode(pairs);
    const model = await openModel(fixture(family));
    const prompts = pairs.map(([head, tail]) => encoder.prompt.encode({ head, tail }));
    const { pooling: _, ...inputs } = promptBatch(prompts, 'average', model.config.padId);
    for (const [dtype, least, most] of [
      ['f32', 0, 1e-5],
      ['f16', 1e-7, 1e-2],
      ['int8', 1e-7, 0.25],
    ] as const) {
      for (const opset of ['onnxruntime', 'plain'] as const) {
        const file = await exportOnnx(model, { dtype, opset, pooling: 'average', runtime: nodeRuntime() });
        if (opset === 'plain') expect(Buffer.from(file.model).includes('com.microsoft')).toBe(false);
        await using session = await nodeRuntime().createSession(file.model, { threads: 1 });
        const { embedding } = await session.run(inputs);
        const difference = largestDifference(embedding?.data as Float32Array, data);
        expect(difference, `${dtype}, ${opset}`).toBeLessThanOrEqual(most);
        expect(difference, `${dtype}, ${opset}`).toBeGreaterThanOrEqual(least);
      }
    }
  });

  it('runs in WebAssembly', async () => {
    await using encoder = await RelationEncoder.load(fixture(family), options);
    const { data } = await encoder.encode(pairs);
    const { config, weights } = await openModel(fixture(family));
    const here = await createPromptBatchEncoder({ config, weights, runtime: webRuntime(), pooling: 'average' });
    const found = await here.encode(pairs.map(([head, tail]) => encoder.prompt.encode({ head, tail })));
    await here.dispose();
    expect(largestDifference(found, data)).toBeLessThanOrEqual(1e-5);
  });

  it('is distilled, its lowest layer frozen, and what is saved is what was trained', async () => {
    const output = join(folder, family);
    const recipe = checkRecipe(
      {
        template: options.template,
        pooling: 'average',
        data: [{ source: relations }],
        validationShare: 0,
        sampling: { kind: 'relations', parts: [{ relations: 4, positives: 3, negatives: 2 }] },
        training: {
          losses: [{ name: 'infonce' }],
          learningRate: 3e-3,
          warmup: 0,
          steps: 16,
          dropout: 0,
          freezeLayers: 1,
        },
      },
      'test',
    );
    const losses: number[] = [];
    for await (const event of distill({ model: fixture(family), output, recipe, threads: 1 })) {
      if (event.kind === 'step') losses.push(event.loss);
    }
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b);
    expect(losses).toHaveLength(16);
    expect(sum(losses.slice(-4))).toBeLessThan(sum(losses.slice(0, 4)));

    const before = (await openModel(fixture(family))).weights;
    const { weights } = await openModel(output);
    const changed: string[] = [];
    for (const name of weights.names) {
      const [a, b] = [(await before.get(name)).data, (await weights.get(name)).data];
      if (a.some((value, i) => value !== b[i])) changed.push(name);
    }
    expect(changed.length).toBeGreaterThan(0);
    for (const name of changed) expect(name).toMatch(/layers?\.[12]\.|final_norm/);
    await using encoder = await RelationEncoder.load(output, { worker: false, threads: 1 });
    expect((await encoder.encode(pairs)).data.every(Number.isFinite)).toBe(true);
  });
});
