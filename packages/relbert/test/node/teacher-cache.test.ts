import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckpointFiles } from '../../src/formats/byte-source.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { teacherCache } from '../../src/node/teacher-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-teacher-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cache = join(folder, 'hub');
const pairs = [
  { head: 'a', tail: 'b' },
  { head: 'c', tail: 'd' },
];
const embeddings = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };

function teacher(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<CheckpointFiles> {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return folderFiles(path);
}
/** Weights of 3 MB, other ones in the middle only. */
function weights(middle: number): Uint8Array {
  const bytes = new Uint8Array(3_000_000);
  bytes[1_500_000] = middle;
  return bytes;
}

describe('the cache of a teacher', () => {
  it('gives back what was written, for the same pairs', async () => {
    const model = await teacher('kept', { 'config.json': '{}', 'model.safetensors': weights(1) });
    const first = await teacherCache(model, pairs, { cache });
    expect(await first.read()).toBeUndefined();
    await first.write(embeddings);
    const again = await teacherCache(model, pairs, { cache });
    expect(await again.read()).toEqual(embeddings);
    expect(again.modelHash).toBe(first.modelHash);
    expect(await (await teacherCache(model, [...pairs].reverse(), { cache })).read()).toBeUndefined();
    // The same model elsewhere is the same teacher.
    const moved = await teacher('moved', { 'config.json': '{}', 'model.safetensors': weights(1) });
    expect(await (await teacherCache(moved, pairs, { cache })).read()).toEqual(embeddings);
  });

  const index = JSON.stringify({ weight_map: { a: 'shard-1.safetensors', b: 'shard-2.safetensors' } });
  const sharded = { 'config.json': '{}', 'model.safetensors.index.json': index, 'shard-1.safetensors': weights(1) };
  it.each([
    [
      'weights in the middle of the file',
      { 'config.json': '{}', 'model.safetensors': weights(1) },
      { 'model.safetensors': weights(2) },
    ],
    ['weights of a shard', { ...sharded, 'shard-2.safetensors': weights(1) }, { 'shard-2.safetensors': weights(2) }],
    [
      'configuration',
      { 'config.json': '{}', 'model.safetensors': weights(1) },
      { 'config.json': '{"relbert_config":{}}' },
    ],
    [
      'tokenizer',
      { 'config.json': '{}', 'model.safetensors': weights(1), 'tokenizer.json': '{"a":1}' },
      { 'tokenizer.json': '{"a":2}' },
    ],
  ])('has nothing of a teacher with other %s', async (name, before, change) => {
    const model = await teacher(name.replaceAll(' ', '-'), before);
    const first = await teacherCache(model, pairs, { cache });
    await first.write(embeddings);
    expect(await (await teacherCache(model, pairs, { cache })).read()).toEqual(embeddings);
    const changed = await teacher(name.replaceAll(' ', '-'), change);
    const second = await teacherCache(changed, pairs, { cache });
    expect(await second.read()).toBeUndefined();
    expect(second.modelHash).not.toBe(first.modelHash);
  });
});
