import { RelationEncoder } from '../../src/browser.ts';

export interface EmbedArguments {
  readonly pairs: [string, string][];
  readonly template: string;
  readonly pooling: 'average_no_mask' | 'difference' | 'average+difference';
}

/** Embeds pairs with the checkpoint under /model/, as a web page would. */
export default async function embed({ pairs, template, pooling }: EmbedArguments): Promise<number[]> {
  const encoder = await RelationEncoder.load('/model/', { template, pooling, runtime: { wasmPaths: '/ort/' } });
  const { data } = await encoder.encode(pairs);
  await encoder.dispose();
  return [...data];
}
