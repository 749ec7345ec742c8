import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { fileSource } from '../../src/formats/byte-source.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { RelationEncoder } from '../../src/index.ts';
import { folderFiles } from '../../src/node/folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-replaced-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync(fileURLToPath(new URL('../../../relbert-minilm-l6', import.meta.url)), folder, { recursive: true });
const weights = join(folder, 'model.int8.safetensors');

let replaced = 0;
/** As a training run does when it ends: another file takes the name. */
function replace(): void {
  const bytes = readFileSync(weights);
  bytes.fill(++replaced, bytes.length / 2);
  writeFileSync(join(folder, 'new'), bytes);
  renameSync(join(folder, 'new'), weights);
}

it('a model whose file is replaced while it encodes stays what it was, also where it loads further copies', async () => {
  const pairs = Array.from({ length: 1500 }, (_, i): [string, string] => [`word ${i % 97}`, `other ${i}`]);
  await using encoder = await RelationEncoder.load(folder, { dtype: 'int8', threads: 2 });
  const { data } = await encoder.encode(pairs.slice(0, 10));
  const copies = vi.fn();
  process.on('worker', copies);
  onTestFinished(() => void process.off('worker', copies));
  replace();
  for (let round = 0; round < 6; round++) {
    const again = await encoder.encode(pairs);
    expect(again.data.subarray(0, data.length)).toEqual(data);
  }
  expect(copies).toHaveBeenCalled();
});

it('parts of a file that was replaced are not read as those of the file that was opened', async () => {
  const files = await folderFiles(folder);
  const source = await fileSource(files, 'model.int8.safetensors');
  const tensors = [...(await openSafetensors(source as NonNullable<typeof source>)).values()];
  const [first] = tensors;
  await first?.bytes();
  await first?.range?.();
  replace();
  const problem = `${weights}: the file was replaced since it was opened; load the model again`;
  await expect(first?.bytes()).rejects.toThrow(problem);
  await expect(first?.range?.()).rejects.toThrow(problem);
});
