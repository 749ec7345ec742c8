import type { CheckpointFiles } from '../formats/byte-source.ts';
import { cdnBase } from './cdn.ts';
import { type FetchFilesOptions, fetchFiles } from './files.ts';
import type { ModelManifest } from './model-manifest.ts';

/** The model that is a dependency, in the version that belongs to this one. */
export const publishedModel = { name: 'relbert-minilm-l6', version: '0.1.0' } as const;
/** Models that are packages, with their versions. */
const publishedModels = [publishedModel, { name: 'relbert-mpnet-base', version: '0.1.0' }] as const;

type PublishedModel = (typeof publishedModels)[number];

const registry = 'https://cdn.jsdelivr.net/npm';

/** The published model that a name means; what else is a string is an address. */
export function publishedModelOf(model: unknown): PublishedModel | undefined {
  return model === 'embedded' ? publishedModel : publishedModels.find(({ name }) => name === model);
}

/**
 * The files of a published model: those of the dependency where the bundler put them, else on a CDN. Another model is
 * taken from the CDN, or its manifest is given instead of its name.
 *
 * @param modelBase Where models lie as `BASE/NAME@VERSION/`.
 */
export async function publishedModelFiles(
  { name, version }: PublishedModel,
  { modelBase, ...options }: FetchFilesOptions & { readonly modelBase?: string | undefined },
): Promise<CheckpointFiles> {
  if (modelBase === undefined && name === publishedModel.name) {
    const bundled = await bundledModel();
    const files = bundled && fetchFiles(bundled, options);
    if (files && (await files.read('config.json').catch(() => undefined))) return { ...files, origin: name };
    options.signal?.throwIfAborted();
  }
  const base = (modelBase ?? cdnBase ?? registry).replace(/\/+$/, '');
  return fetchFiles(`${base}/${name}@${version}`, options);
}

/** Bundlers carry along what the package's module names. */
async function bundledModel(): Promise<ModelManifest | undefined> {
  try {
    return (await import('relbert-minilm-l6')).default;
  } catch {
    return undefined; // a page without a bundler
  }
}
