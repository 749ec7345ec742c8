import { expect, test } from 'vitest';
import { createPromptBatchEncoder } from '../../src/encoder/prompt-batch-encoder.ts';
import { storedParameters } from '../../src/models/encoder.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import type { StoredWeights } from '../../src/models/weights.ts';
import type { Runtime, SessionOptions } from '../../src/runtime/session.ts';

/** How the session of a model of one layer and so many features is made. Nothing is computed. */
async function sessionOptions(hidden: number, quickStart?: boolean): Promise<SessionOptions> {
  const config = parseEncoderConfig({
    ...{ model_type: 'bert', vocab_size: 1000, hidden_size: hidden, num_hidden_layers: 1, num_attention_heads: 16 },
    ...{ intermediate_size: 4 * hidden, max_position_embeddings: 64, type_vocab_size: 2 },
  });
  const shapes = new Map(storedParameters(config).map(({ name, shape }) => [name, shape]));
  const size = (name: string) => (shapes.get(name) ?? []).reduce((product, dim) => product * dim, 1);
  const weights: StoredWeights = {
    names: [...shapes.keys()],
    shape: (name) => shapes.get(name),
    get: async (name) => ({ data: new Float32Array(size(name)) }),
    range: async (name) => ({ folder: 'f', file: 'model.safetensors', start: 0, end: 4 * size(name) }),
  };
  const made: SessionOptions[] = [];
  const norm = { dtype: 'float32', shape: [], data: Float32Array.of(1) } as const;
  const runtime: Runtime = {
    ...{ name: 'node', operators: 'plain', mapsFiles: true },
    async createSession(_, options = {}) {
      made.push(options);
      const results = Object.fromEntries(Array.from(shapes, (_, i) => [`norm ${i}`, norm]));
      return { device: 'cpu', run: async () => results, async dispose() {}, async [Symbol.asyncDispose]() {} };
    },
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  };
  await createPromptBatchEncoder({ config, weights, runtime, pooling: 'average', quickStart });
  return made.at(-1) as SessionOptions;
}

test('further sessions are four at most, of 256 MB of weights together; a quick start has none', async () => {
  expect((await sessionOptions(16)).copies).toBe(4);
  // A layer has 12 weights for each pair of features: 12 · 1280² · 4 bytes, with the rest 84 MB.
  expect((await sessionOptions(1280)).copies).toBe(3);
  expect((await sessionOptions(2560)).copies).toBe(0);
  expect((await sessionOptions(16, true)).copies).toBeUndefined();
});
