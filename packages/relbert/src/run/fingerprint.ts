import type { Checkpoint } from '../encoder/checkpoint.ts';
import { sha256 } from '../formats/sha256.ts';

/**
 * A hash that tells a resumed run whether language model and data are the same: of a text; or of a checkpoint's
 * configuration, the names and shapes of its tensors, and the values of the small ones (biases and normalisations,
 * which differ between any two models).
 */
export async function fingerprint(of: string | Pick<Checkpoint, 'config' | 'weights'>): Promise<string> {
  if (typeof of === 'string') return digits(new TextEncoder().encode(of));
  const { config, weights } = of;
  const parts: string[] = [JSON.stringify(config)];
  for (const name of [...weights.names].sort()) {
    const shape = weights.shape(name) ?? [];
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    parts.push(`${name} ${shape.join()}`);
    const tensor = size <= 8192 ? weights.store.get(name) : undefined;
    if (tensor) parts.push(await digits(await tensor.bytes()));
  }
  return digits(new TextEncoder().encode(parts.join('\n')));
}

async function digits(bytes: Uint8Array): Promise<string> {
  return (await sha256(bytes)).slice(0, 16);
}
