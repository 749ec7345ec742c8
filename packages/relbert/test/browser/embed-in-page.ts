import { RelationEncoder } from '../../src/browser.ts';

export interface EmbedArguments {
  readonly device?: 'wasm' | 'webgpu';
  readonly pairs: [string, string][];
  readonly template: string;
  readonly pooling: 'average_no_mask' | 'difference' | 'average+difference';
}

/** Embeds pairs with the checkpoint under /model/, as a web page would. */
export default async function embed({
  pairs,
  template,
  pooling,
  device = 'wasm',
}: EmbedArguments): Promise<number[] | 'no adapter'> {
  if (device === 'webgpu' && !(await hasAdapter())) return 'no adapter';
  const encoder = await RelationEncoder.load('/model/', {
    ...{ template, pooling, device },
    runtime: { wasmPaths: '/ort/' },
  });
  if (encoder.info.device !== device) throw new Error(`it runs on ${encoder.info.device}`);
  const { data } = await encoder.encode(pairs);
  await encoder.dispose();
  return [...data];
}

async function hasAdapter(): Promise<boolean> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<unknown> } };
  return Boolean(await gpu?.requestAdapter());
}
