import { expect, test } from 'vitest';
import { createPromptBatchEncoder } from '../../src/encoder/prompt-batch-encoder.ts';
import { storedParameters } from '../../src/models/encoder.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import type { StoredWeights } from '../../src/models/weights.ts';
import type { Runtime, SessionOptions } from '../../src/runtime/session.ts';

/** How the session of a model of one layer is made: 1,024 features, and so many words. Nothing is computed. */
async function sessionOptions(
  words: number,
  options: { readonly quickStart?: boolean; readonly operators?: Runtime['operators'] } = {},
): Promise<SessionOptions> {
  const { quickStart, operators = 'plain' } = options;
  const config = parseEncoderConfig({
    ...{ model_type: 'bert', vocab_size: words, hidden_size: 1024, num_hidden_layers: 1, num_attention_heads: 16 },
    ...{ intermediate_size: 4096, max_position_embeddings: 64, type_vocab_size: 2 },
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
    ...{ name: 'node', operators, mapsFiles: true },
    async createSession(_, options = {}) {
      made.push(options);
      const results = Object.fromEntries(Array.from(shapes, (_, i) => [`norm ${i}`, norm]));
      return { device: 'cpu', run: async () => results, async dispose() {}, async [Symbol.asyncDispose]() {} };
    },
    async dispose() {},
  };
  await createPromptBatchEncoder({ config, weights, runtime, pooling: 'average', quickStart });
  return made.at(-1) as SessionOptions;
}

const asItIs = { optimization: 'disabled', prepacking: false };

test('weights of a large model are not rearranged when it is loaded, unless that is asked for', async () => {
  expect(await sessionOptions(200_000)).toMatchObject(asItIs);
  for (const prepared of [
    await sessionOptions(150_000),
    await sessionOptions(200_000, { quickStart: false }),
    await sessionOptions(200_000, { operators: 'fused' }), // for a graphics processor
  ]) {
    expect([prepared.optimization, prepared.prepacking]).toEqual([undefined, undefined]);
  }
  expect(await sessionOptions(1000, { quickStart: true })).toMatchObject(asItIs);
});
