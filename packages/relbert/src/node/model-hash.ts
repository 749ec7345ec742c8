import { createHash } from 'node:crypto';
import { parseShardIndex, weightsLayoutOf } from '../encoder/checkpoint.ts';
import { isTokenizerFile } from '../encoder/checkpoint-tokenizer.ts';
import type { CheckpointFiles } from '../formats/byte-source.ts';
import { fileSource } from '../formats/byte-source.ts';

/** Bytes read at once. */
const chunk = 16 * 1024 * 1024;

/**
 * SHA-256, in hexadecimal digits, of all that decides a model's embeddings: its configuration (with prompt and
 * pooling), its tokenizer, and its weights, every byte of every file. Half a gigabyte takes less than a second.
 */
export async function modelHash(files: CheckpointFiles): Promise<string> {
  const hash = createHash('sha256');
  const names = await files.list();
  for (const file of [
    'config.json',
    ...names.filter(isTokenizerFile).sort(),
    ...(await weightsFilesOf(files, names)),
  ]) {
    const source = await fileSource(files, file);
    hash.update(`${JSON.stringify(file)} ${source?.size}\n`);
    for (let start = 0; source && start < source.size; start += chunk) {
      hash.update(await source.read(start, Math.min(start + chunk, source.size)));
    }
  }
  return hash.digest('hex');
}

async function weightsFilesOf(files: CheckpointFiles, names: readonly string[]): Promise<string[]> {
  const layout = weightsLayoutOf(names);
  if (!layout) return [];
  if (!layout.sharded) return [layout.file];
  const index = (await files.read(layout.file)) ?? new Uint8Array();
  return [layout.file, ...new Set(parseShardIndex(`${files.origin}/${layout.file}`, index).values())];
}
