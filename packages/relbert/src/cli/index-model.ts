/** The model of an index: loaded where vectors have to be made, and compared with the one that made those of the index. */
import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { ModelIdentity } from '../index/manifest.ts';
import { loadEncoder, type ModelFlags } from './model-options.ts';
import type { Terminal } from './terminal.ts';

/** What an index records of the encoder that makes its vectors. */
export async function identityOf(
  encoder: RelationEncoder,
  flags: Pick<ModelFlags, 'model' | 'offline'>,
  terminal: Terminal,
): Promise<ModelIdentity> {
  const { modelFiles } = await import('../node/open-model.ts');
  const { modelHash } = await import('../node/model-hash.ts');
  const { kindOfPath } = await import('../node/read-file.ts');
  const { resolve } = await import('../node/path.ts');
  const files = await modelFiles(flags.model, { offline: flags.offline ?? false, signal: terminal.signal });
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
  dir: string,
  flags: ModelFlags,
  terminal: Terminal,
): Promise<{ readonly encoder: RelationEncoder }> {
  const { IndexError } = await import('../index/error.ts');
  const { RelationIndex } = await import('../index/relation-index.ts');
  const { indexFolder } = await import('../node/index-folder.ts');
  let recorded: ModelIdentity;
  {
    await using index = await RelationIndex.open(indexFolder(dir));
    recorded = index.model;
  }
  // The default of --model counts as no choice: the index says which model it is.
  const model = flags.model === 'embedded' ? recorded.name : flags.model;
  const prompt = { ...(recorded.template && { template: recorded.prompt }), pooling: recorded.pooling };
  const encoder = await loadEncoder({ ...prompt, ...flags, model }, terminal, { worker: true });
  try {
    const found = await identityOf(encoder, { ...flags, model }, terminal);
    const differs = (['hash', 'prompt', 'pooling'] as const).find((part) => found[part] !== recorded[part]);
    if (differs === undefined) return { encoder };
    const what = { hash: 'other weights', prompt: 'another prompt', pooling: 'another pooling' }[differs];
    throw new IndexError(
      `${dir}: built with ${recorded.name} (prompt "${recorded.prompt}", ${recorded.pooling}); ${model} has ${what}: ` +
        'vectors of two models cannot be compared. Take the same model, or build the index again',
    );
  } catch (error) {
    await encoder.dispose();
    throw error;
  }
}
