import type { Checkpoint } from '../encoder/checkpoint.ts';

/**
 * A hash that tells a resumed run whether language model and data are the same: of a text; or of a checkpoint's
 * configuration, the names and shapes of its tensors, and the values of the small ones (biases and normalisations,
 * which differ between any two models).
 */
export async function fingerprint(of: string | Pick<Checkpoint, 'config' | 'weights'>): Promise<string> {
  if (typeof of === 'string') return sha256(new TextEncoder().encode(of));
  const { config, weights } = of;
  const parts: string[] = [JSON.stringify(config)];
  for (const name of [...weights.names].sort()) {
    const shape = weights.shape(name) ?? [];
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    parts.push(`${name} ${shape.join()}`);
    const tensor = size <= 8192 ? weights.store.get(name) : undefined;
    if (tensor) parts.push(await sha256(await tensor.bytes()));
  }
  return sha256(new TextEncoder().encode(parts.join('\n')));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  // A copy, because Web Crypto refuses a view of memory that may be shared.
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, 16);
}
