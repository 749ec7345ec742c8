import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const built = fileURLToPath(new URL('../../dist/node/worker.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relbert-bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a bundle without the module of the session thread', () => {
  it.each([
    { format: 'esm', file: 'bundle.mjs', says: () => `is not in ${folder}` },
    { format: 'cjs', file: 'bundle.cjs', says: () => 'cannot be found' },
  ] as const)('$format: says where it was looked for and what to do', async ({ format, file, says }) => {
    const outfile = join(folder, file);
    const external = ['onnxruntime-node'];
    await build({
      entryPoints: [built],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      external,
      logLevel: 'silent',
    });
    const module = (await import(pathToFileURL(outfile).href)) as typeof import('../../src/node/worker.ts');
    const runtime = module.nodeWorkerRuntime();
    const creation = runtime.createSession(new Uint8Array(1));
    await expect(creation).rejects.toThrow(says());
    await expect(creation).rejects.toThrow("mark 'relbert' and 'onnxruntime-node' as external");
    await runtime.dispose();
  });
});
