import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import model from 'relbert-minilm-l6';
import { expect, it } from 'vitest';
import { publishedModel, publishedModelFiles, publishedModelOf } from '../../src/web/published-model.ts';

const folder = new URL('../../../relbert-minilm-l6/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

it('the package of the model lists its files as they are: node build.mjs --model packages/relbert-minilm-l6', () => {
  const { files } = JSON.parse(text('files.json')) as { files: Record<string, { size: number; sha256: string }> };
  const weights = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.safetensors'));
  expect(weights.length).toBeGreaterThan(0);
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json', ...weights]));
  for (const [name, { size, sha256 }] of Object.entries(files)) {
    const bytes = readFileSync(new URL(name, folder));
    expect({ name, size, sha256 }).toEqual({
      name,
      size: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(model[name]).toEqual({ url: new URL(name, folder).href, size, sha256 });
    expect(JSON.parse(text('package.json')).files).toContain(name);
  }
  expect(Object.keys(model)).toEqual(Object.keys(files));
});

it('a published model is taken from where the bundler put it, else from a CDN in the version of the dependency', async () => {
  const { version } = JSON.parse(text('package.json')) as { version: string };
  expect(publishedModel).toEqual({ name: 'relbert-minilm-l6', version });
  const asked: string[] = [];
  const answering = (there: (url: string) => boolean) => async (url: string) => {
    asked.push(url);
    return there(url) ? new Response(text('config.json')) : new Response(null, { status: 404 });
  };
  const bundled = await publishedModelFiles(publishedModel, { cache: false, fetch: answering(() => true) });
  expect(bundled.origin).toBe('relbert-minilm-l6');
  expect(asked).toEqual([`${folder}config.json`]);
  const cdn = await publishedModelFiles(publishedModel, {
    cache: false,
    fetch: answering((url) => !url.startsWith('file:')),
  });
  expect(cdn.origin).toBe(`https://cdn.jsdelivr.net/npm/relbert-minilm-l6@${version}`);
  const own = { cache: false, fetch: answering(() => true), modelBase: 'https://models.example/npm/' } as const;
  const mirror = await publishedModelFiles(publishedModel, own);
  expect(mirror.origin).toBe(`https://models.example/npm/relbert-minilm-l6@${version}`);
});

it('a published model that is not a dependency is taken from the CDN', async () => {
  const base = publishedModelOf('relbert-mpnet-base');
  const { version } = JSON.parse(
    readFileSync(new URL('../../../relbert-mpnet-base/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  expect(base).toEqual({ name: 'relbert-mpnet-base', version });
  const fetch = async () => new Response(null, { status: 404 });
  const { origin } = await publishedModelFiles(base ?? publishedModel, { cache: false, fetch });
  expect(origin).toBe(`https://cdn.jsdelivr.net/npm/relbert-mpnet-base@${version}`);
  expect(publishedModelOf('embedded')).toBe(publishedModel);
  expect(publishedModelOf('https://models.example/mine')).toBeUndefined();
});

it('the binaries of a CDN are those of the version that is tested', () => {
  const source = readFileSync(new URL('../../src/web/cdn.ts', import.meta.url), 'utf8');
  const root = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const { devDependencies } = JSON.parse(root) as { devDependencies: Record<string, string> };
  expect(source).toContain(`'onnxruntime-web@${devDependencies['onnxruntime-web']}'`);
});
