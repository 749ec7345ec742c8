import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkEmbedding } from '../../src/encoder/embedding-error.ts';
import { EmbeddingError, openModel, RelationEncoder } from '../../src/index.ts';
import { saveModel } from '../../src/node/save.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'relbert-embedding-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The fixture with every number of its last normalisation set. */
async function damaged(gain: number, bias?: number): Promise<string> {
  const { checkpoint } = await openModel(tiny);
  const folder = join(root, String(gain));
  const name = 'encoder.layer.1.output.LayerNorm';
  const weights = new Map([[`${name}.weight`, new Float32Array(24).fill(gain)]]);
  if (bias !== undefined) weights.set(`${name}.bias`, new Float32Array(24).fill(bias));
  await saveModel({ folder, source: checkpoint, weights });
  return folder;
}

describe('embeddings that are no result', () => {
  const template = '<subj> is <obj>';

  it('of a weight of 3e38 are an error that names the pair, whatever is asked', async () => {
    await using encoder = await RelationEncoder.load(await damaged(3e38), { template, worker: false });
    const pair = '["cat","tail"]';
    const stem: [string, string] = ['cat', 'tail'];
    await expect(encoder.encode([stem])).rejects.toBeInstanceOf(EmbeddingError);
    await expect(encoder.similarity(stem, ['tail', 'cat'])).rejects.toThrow(`the pair ${pair} is not finite`);
    await expect(encoder.rankAnalogy(stem, [['tail', 'cat']])).rejects.toThrow('is not finite');
    await expect(encoder.encode([stem], { normalize: true })).rejects.toThrow(`the pair ${pair} is not finite`);
  });

  it('that are zero too', async () => {
    for (const pooling of ['average', 'average+difference'] as const) {
      await using encoder = await RelationEncoder.load(await damaged(0, 0), { template, pooling, worker: false });
      await expect(encoder.encode([['cat', 'tail']])).rejects.toThrow('the pair ["cat","tail"] is zero');
    }
  });

  it('are looked for row by row of the pooling', () => {
    const pair = { head: 'a', tail: 'b' };
    expect(() => checkEmbedding(Float32Array.of(0, 1, 0, 2), 2, pair)).not.toThrow();
    expect(() => checkEmbedding(Float32Array.of(0, 1, 0, 0), 2, pair)).toThrow('is zero');
    expect(() => checkEmbedding(Float32Array.of(0, 1, Number.NaN, 0), 2, pair)).toThrow('(NaN at place 2)');
  });
});
