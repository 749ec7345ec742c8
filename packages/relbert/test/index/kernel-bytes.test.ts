import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import wabt from 'wabt';

// `npx vitest run packages/relbert/test/index/kernel-bytes.test.ts -u` writes bytes.ts anew after kernel.wat has changed.
it('bytes.ts is kernel.wat, compiled', async () => {
  const { parseWat } = await wabt();
  const folder = new URL('../../src/index/kernel/', import.meta.url);
  const module = parseWat('kernel.wat', await readFile(new URL('kernel.wat', folder), 'utf8'), { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,110}/g)
    ?.map((line) => `  '${line}'`)
    .join(' +\n');
  const text = `/** kernel.wat compiled by wabt, in base64: ${buffer.length} bytes. Written by test/index/kernel-bytes.test.ts. */\nexport const kernelBytes =\n${lines};\n`;
  await expect(text).toMatchFileSnapshot('../../src/index/kernel/bytes.ts');
});
