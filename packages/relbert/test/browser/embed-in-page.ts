import { RelationEncoder } from '../../src/browser.ts';

export interface EmbedArguments {
  /** Addresses of checkpoints. */
  readonly models: readonly string[];
  readonly device?: 'wasm' | 'webgpu';
  readonly pairs: [string, string][];
  readonly template: string;
  readonly pooling: 'average_no_mask' | 'difference' | 'average+difference';
}

/** Embeds pairs with each checkpoint, as a web page would. */
export default async function embed({
  models,
  pairs,
  template,
  pooling,
  device = 'wasm',
}: EmbedArguments): Promise<number[][] | 'no adapter'> {
  if (device === 'webgpu' && !(await hasAdapter())) return 'no adapter';
  const embeddings: number[][] = [];
  for (const model of models) {
    const encoder = await RelationEncoder.load(model, {
      ...{ template, pooling, device },
      runtime: { wasmPaths: '/ort/' },
    });
    if (encoder.info.device !== device) throw new Error(`it runs on ${encoder.info.device}`);
    embeddings.push([...(await encoder.encode(pairs)).data]);
    await encoder.dispose();
  }
  return embeddings;
}

async function hasAdapter(): Promise<boolean> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<unknown> } };
  return Boolean(await gpu?.requestAdapter());
}
