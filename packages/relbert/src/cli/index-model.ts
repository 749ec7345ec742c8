/** The model of an index: loaded where vectors have to be made, and compared with the one that made those of the index. */
import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { PairVector } from '../index/index-question.ts';
import type { ModelIdentity } from '../index/manifest.ts';
import type { PairIndex } from '../index/pair-index.ts';
import type { RelationIndex } from '../index/relation-index.ts';
import type { PostgresIndexOptions } from '../node/postgres/postgres-index.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { afterLoading, loadEncoder, type ModelFlags, modelOptions } from './model-options.ts';
import { text } from './option.ts';
import { pairVectors } from './pair-model.ts';
import type { Terminal } from './terminal.ts';

/** As {@link modelOptions}, where an index says which model it is. */
export const indexModelOptions = {
  ...modelOptions,
  model: text('<model>', 'folder, hub id, id@revision, or "embedded" (default: the model of the index)'),
};

/** undefined: the model of the index. */
export type IndexModelFlags = Omit<ModelFlags, 'model'> & { readonly model?: string | undefined };

/** Whether a place is the folder of an index, or a database. */
export async function holdsIndex(path: string): Promise<boolean> {
  if (path === '-' || path.startsWith('package/')) return false;
  const { isPostgresAddress } = await import('../node/postgres/address.ts');
  if (isPostgresAddress(path)) return true;
  const { join } = await import('../node/path.ts');
  const { kindOfPath } = await import('../node/read-file.ts');
  const { manifestName } = await import('../index/manifest.ts');
  return (await kindOfPath(join(path, manifestName))) === 'file';
}

/** @throws IndexError where there is no index in the folder */
export async function openIndex(dir: string): Promise<RelationIndex> {
  const { RelationIndex } = await import('../index/relation-index.ts');
  const { indexFolder } = await import('../node/index-folder.ts');
  return RelationIndex.open(indexFolder(dir));
}

/** An index in a folder or in PostgreSQL, by its address. @throws IndexError where there is none */
export async function openPairIndex(place: string, options: PostgresIndexOptions = {}): Promise<PairIndex> {
  const { isPostgresAddress } = await import('../node/postgres/address.ts');
  if (!isPostgresAddress(place)) return openIndex(place);
  const { PostgresIndex } = await import('../node/postgres/postgres-index.ts');
  return PostgresIndex.open(place, options);
}

/** A place for messages and results: of a database without user and password. */
export async function placeName(place: string): Promise<string> {
  const { isPostgresAddress, parsePostgresAddress } = await import('../node/postgres/address.ts');
  return isPostgresAddress(place) ? parsePostgresAddress(place).origin : place;
}

/** What an index records of the encoder that makes its vectors, after it was loaded. */
export async function identityOf(
  encoder: RelationEncoder,
  flags: Pick<ModelFlags, 'model'>,
  terminal: Terminal,
): Promise<ModelIdentity> {
  const { modelFiles } = await import('../node/open-model.ts');
  const { modelHash } = await import('../node/model-hash.ts');
  const { kindOfPath } = await import('../node/read-file.ts');
  const { resolve } = await import('../node/path.ts');
  const files = await modelFiles(flags.model, afterLoading(terminal));
  // A folder is found again from another folder.
  const name = (await kindOfPath(flags.model)) === 'folder' ? resolve(flags.model) : flags.model;
  const { text, kind } = encoder.info.prompt;
  return {
    name,
    hash: await modelHash(files),
    prompt: text,
    template: kind === 'template',
    pooling: encoder.info.pooling,
  };
}

/**
 * The encoder of an index: that of its record, or of `--model`, which must be the same.
 * @throws IndexError where the model is another one, or has another prompt or pooling
 */
export async function requireModel(
  { origin, model: recorded }: Pick<PairIndex, 'origin' | 'model'>,
  flags: IndexModelFlags,
  terminal: Terminal,
): Promise<{ readonly encoder: RelationEncoder }> {
  const { IndexError } = await import('../index/error.ts');
  const { modelDifference } = await import('../index/manifest.ts');
  const model = flags.model ?? recorded.name;
  const prompt = { ...(recorded.template && { template: recorded.prompt }), pooling: recorded.pooling };
  const encoder = await loadEncoder({ ...prompt, ...flags, model }, terminal);
  try {
    const found = await identityOf(encoder, { model }, terminal);
    const what = modelDifference(recorded, found);
    if (what === undefined) return { encoder };
    throw new IndexError(
      `${origin}: built with ${recorded.name} (prompt "${recorded.prompt}", ${recorded.pooling}); ${model} has ${what}: ` +
        'vectors of two models cannot be compared. Take the same model, or build the index again',
    );
  } catch (error) {
    await encoder.dispose();
    throw error;
  }
}

/**
 * The vectors of pairs. Those that the index holds are taken from it, unless a flag says how to make them; others are
 * made as {@link requireModel} says.
 */
export async function vectorsFor(
  pairs: readonly WordPair[],
  index: PairIndex,
  flags: IndexModelFlags,
  terminal: Terminal,
): Promise<PairVector[]> {
  const { model, template, prompt, pooling } = flags;
  const stored = [model, template, prompt, pooling].every((choice) => choice === undefined);
  const found: (Float32Array | undefined)[] = [];
  for (const pair of pairs) found.push(stored ? await index.vectorOf(pair) : undefined);
  const missing = pairs.filter((_, i) => !found[i]);
  if (missing.length > 0) {
    const { encoder } = await requireModel(index, flags, terminal);
    await using _ = encoder;
    const encoded = await pairVectors(missing, encoder, terminal);
    for (const [i, pair] of pairs.entries()) found[i] ??= encoded[missing.indexOf(pair)]?.vector;
  }
  return pairs.map((pair, i) => ({ pair, vector: found[i] as Float32Array }));
}
