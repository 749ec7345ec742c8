import type { CheckpointFiles } from '../formats/byte-source.ts';
import { cdnBase } from './cdn.ts';
import { type FetchFilesOptions, fetchFiles } from './files.ts';
import type { ModelManifest } from './model-manifest.ts';

/** The model that is a package of its own, in the version that belongs to this one. */
export const publishedModel = { name: 'relbert-minilm-l6', version: '0.1.0' } as const;

const registry = 'https://cdn.jsdelivr.net/npm';

/** Whether a name means the published model; what else is a string is an address. */
export function isPublished(model: unknown): model is string {
  return model === 'embedded' || model === publishedModel.name;
}

/**
 * The files of the published model: where the bundler put them, else on a CDN.
 *
 * @param modelBase Where models lie as `BASE/NAME@VERSION/`.
 */
export async function publishedModelFiles({
  modelBase,
  ...options
}: FetchFilesOptions & { readonly modelBase?: string | undefined }): Promise<CheckpointFiles> {
  const { name, version } = publishedModel;
  if (modelBase === undefined) {
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
