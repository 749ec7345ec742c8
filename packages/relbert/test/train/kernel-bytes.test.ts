import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import wabt from 'wabt';

// `npx vitest run test/train/kernel-bytes.test.ts -u` writes bytes.ts anew after kernels.wat has changed.
it('bytes.ts is kernels.wat, compiled', async () => {
  const { parseWat } = await wabt();
  const module = parseWat(
    'kernels.wat',
    await readFile(new URL('../../src/train/kernel/kernels.wat', import.meta.url), 'utf8'),
    { simd: true },
  );
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,110}/g)
    ?.map((line) => `  '${line}'`)
    .join(' +\n');
  const text = `/** kernels.wat compiled by wabt, in base64: ${buffer.length} bytes. Made by test/train/kernel-bytes.test.ts. */\nexport const kernelBytes =\n${lines};\n`;
  await expect(text).toMatchFileSnapshot('../../src/train/kernel/bytes.ts');
});
