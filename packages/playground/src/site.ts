/**
 * The site: every file of it by its path. A server answers from it and `--output` writes it, so that both have the same
 * files; what is not in it is not served.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LanguageModel } from 'relbert';
import { pageDataFiles } from './page-data.ts';

/** Files that change together. The page keeps them for offline use until the version changes. */
export interface SitePart {
  /** Their folder: `''` for the page itself, else with a slash at the end. */
  readonly prefix: string;
  readonly version: string;
  /** Whether the page shows how much of a file has come: then it reads the file while it is kept. Default: from what is kept. */
  readonly streamed?: boolean;
  /** By their path in that folder. */
  readonly files: ReadonlyMap<string, () => Promise<Uint8Array>>;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.tsv': 'text/tab-separated-values; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

const unknownType = 'application/octet-stream';

export function mediaTypeOf(path: string): string {
  return mediaTypes[extname(path)] ?? unknownType;
}

export const serviceWorker = 'service-worker.js';

/** What the service worker of a site begins with: the list of its files. */
export const siteListStart = 'self.site = ';

/** The page, ONNX Runtime and the model. @throws Error where the page is not built */
export async function siteParts(model: LanguageModel, modelVersion: string): Promise<SitePart[]> {
  const folder = fileURLToPath(new URL('../dist-page/', import.meta.url));
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const page = names.map((name) => name.replaceAll('\\', '/')).filter((name) => extname(name) !== '');
  if (!page.includes('index.html')) throw new Error(`${folder}: the page is not built; run 'npm run build'`);
  const ort = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  const { files } = model;
  const checkpoint = (await files.list()).filter((name) => modelFile.test(name));
  return [
    await partOf('', folder, page),
    await partOf('ort/', ort, ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs']),
    {
      prefix: 'model/',
      version: modelVersion,
      streamed: true,
      files: new Map(checkpoint.map((name) => [name, async () => (await files.read(name)) ?? new Uint8Array()])),
    },
  ];
}

/** What a browser reads of a checkpoint. */
const modelFile =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^(vocab|merges)\.txt$|\.model$|^(model.*\.safetensors|pytorch_model.*\.bin)(\.index\.json)?$/;

/** The pairs and the map. */
export function dataPart(folder: string): Promise<SitePart> {
  return partOf('data/', folder, pageDataFiles);
}

async function partOf(prefix: string, folder: string, names: readonly string[]): Promise<SitePart> {
  const hash = createHash('sha256');
  for (const name of [...names].sort()) hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  return {
    prefix,
    version: hash.digest('hex').slice(0, 16),
    files: new Map(names.map((name) => [name, () => readFile(join(folder, name))])),
  };
}

export interface SiteFile {
  readonly version: string;
  read(): Promise<Uint8Array>;
}

/** Vectors and weights are as good as random: gzip takes 7 % off them at most. */
export function isCompressible(path: string): boolean {
  return mediaTypeOf(path) !== unknownType && !path.endsWith('.woff2');
}

/** As gzip writes them; undefined where that takes off less than a tenth. */
export async function compressed(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const result = await promisify(gzip)(bytes);
  return result.byteLength < 0.9 * bytes.byteLength ? result : undefined;
}

/** A file of the site; undefined where there is none of this path. */
export function siteFile(parts: readonly SitePart[], path: string): SiteFile | undefined {
  // The longest prefix: the page itself has none.
  const part = parts.filter(({ prefix }) => path.startsWith(prefix)).at(-1);
  const read = part?.files.get(path.slice(part.prefix.length));
  if (!part || !read) return undefined;
  if (path !== serviceWorker) return { version: part.version, read };
  // The worker's bytes change when any file does: that is how a browser learns of it.
  const list = parts.map(({ files, ...part }) => ({ ...part, files: [...files.keys()] }));
  return {
    version: parts.map(({ version }) => version).join('-'),
    async read() {
      return new TextEncoder().encode(
        `${siteListStart}${JSON.stringify(list)};\n${new TextDecoder().decode(await read())}`,
      );
    },
  };
}

export function pathsOf(parts: readonly SitePart[]): string[] {
  return parts.flatMap(({ prefix, files }) => [...files.keys()].map((name) => prefix + name));
}
