import type { TensorToWrite } from './safetensors-write.ts';
import { bytesPerElement, elementCount } from './stored-type.ts';

/** A file of a sharded checkpoint. */
export interface Shard {
  readonly name: string;
  readonly tensors: readonly TensorToWrite[];
}

/**
 * Tensors in files `BASE-00001-of-00002.safetensors` of at most `limit` bytes of tensors each, as the hub's library
 * names them; a tensor that is larger has a file of its own. Where all fit into one file, it is `BASE.safetensors`.
 *
 * @returns the files, and for several files what `BASE.safetensors.index.json` says
 */
export function shardTensors(
  base: string,
  tensors: readonly TensorToWrite[],
  limit = Number.POSITIVE_INFINITY,
): { readonly shards: readonly Shard[]; readonly index?: string } {
  const groups: TensorToWrite[][] = [[]];
  let [total, size] = [0, 0];
  for (const tensor of tensors) {
    const bytes = elementCount(tensor.shape) * bytesPerElement[tensor.type];
    if (size > 0 && size + bytes > limit) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(tensor);
    size += bytes;
    total += bytes;
  }
  if (groups.length === 1) return { shards: [{ name: `${base}.safetensors`, tensors }] };
  const digits = (number: number) => String(number).padStart(5, '0');
  const shards = groups.map((group, i) => ({
    name: `${base}-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`,
    tensors: group,
  }));
  const files = shards.flatMap(({ name, tensors: inside }) => inside.map((tensor) => [tensor.name, name] as const));
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(files) };
  return { shards, index: `${JSON.stringify(index, undefined, 2)}\n` };
}
