import type { CheckpointFiles } from '../formats/byte-source.ts';
import { cdnBase } from './cdn.ts';
import { type FetchFilesOptions, fetchFiles } from './files.ts';
import type { ModelManifest } from './model-manifest.ts';

/** Models that are packages of their own, in the version that belongs to this one; the first is the default. */
export const publishedModels: Readonly<Record<string, string>> = { 'relbert-minilm-l6': '0.1.0' };

const registry = 'https://cdn.jsdelivr.net/npm';

/** Whether a name means a published model; what else is a string is an address. */
export function isPublished(model: unknown): model is string {
  return typeof model === 'string' && (model === 'embedded' || Object.hasOwn(publishedModels, model));
}

/**
 * The files of a published model: where the bundler put them, else on a CDN.
 *
 * @param modelBase Where models lie as `BASE/NAME@VERSION/`.
 */
export async function publishedModelFiles(
  model: string,
  { modelBase, ...options }: FetchFilesOptions & { readonly modelBase?: string | undefined },
): Promise<CheckpointFiles> {
  const name = model === 'embedded' ? 'relbert-minilm-l6' : model;
  if (modelBase === undefined) {
    const bundled = await bundledModel();
    const files = bundled && fetchFiles(bundled, options);
    if (files && (await files.read('config.json').catch(() => undefined))) return { ...files, origin: name };
    options.signal?.throwIfAborted();
  }
  return fetchFiles(
    `${(modelBase ?? cdnBase ?? registry).replace(/\/+$/, '')}/${name}@${publishedModels[name]}`,
    options,
  );
}

/** Bundlers carry along what the package's module names. */
async function bundledModel(): Promise<ModelManifest | undefined> {
  try {
    return (await import('relbert-minilm-l6')).default;
  } catch {
    return undefined; // a page without a bundler
  }
}
