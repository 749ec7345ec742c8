/** Bundles the page into dist-page: `node packages/playground/bundle.mjs`. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledLicences } from '../../bundled-licences.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const page = join(folder, 'page');
const output = join(folder, 'dist-page');
const require = createRequire(import.meta.url);
const font = (name, file) => require.resolve(`@fontsource-variable/${name}/files/${file}.woff2`);

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const options = {
  outdir: output,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  conditions: ['browser'],
  plugins: [withoutUnused()],
  metafile: true,
  legalComments: 'none', // licences.txt has them
  charset: 'utf8',
  logLevel: 'warning',
};
const bundles = await Promise.all([
  build({
    ...options,
    entryPoints: [join(page, 'main.tsx'), join(page, 'engine/engine.ts')],
    entryNames: '[name]',
    chunkNames: 'part-[hash]',
    splitting: true,
  }),
  build({ ...options, entryPoints: [join(page, 'service-worker.ts')], format: 'iife' }),
  build({ ...options, entryPoints: [join(page, 'style.css')], external: ['*.woff2'] }),
]);
for (const name of ['index.html', 'icon.svg', 'site.webmanifest']) copyFileSync(join(page, name), join(output, name));
copyFileSync(font('inter', 'inter-latin-wght-normal'), join(output, 'inter.woff2'));
copyFileSync(font('source-serif-4', 'source-serif-4-latin-wght-normal'), join(output, 'source-serif.woff2'));
copyFileSync(font('source-serif-4', 'source-serif-4-latin-wght-italic'), join(output, 'source-serif-italic.woff2'));
const fonts = ['inter', 'source-serif-4'].map((name) =>
  readFileSync(require.resolve(`@fontsource-variable/${name}/LICENSE`), 'utf8'),
);
const code = bundledLicences(bundles.map(({ metafile }) => metafile));
writeFileSync(join(output, 'licences.txt'), [code, ...fonts].join('\n\n'));

/**
 * Leaves out parts that the page has no use for, a tenth of its JavaScript: the JSON Schema of zod's types and its
 * messages, the 64-bit numbers and the services of protobuf, which writes BigInt of ONNX models without them, and the
 * worker that relbert starts in a page (the engine is a worker already), and the reference objective of mapping.
 */
function withoutUnused() {
  const nothing = 'module.exports = new Proxy({}, { get: () => () => () => undefined });';
  return {
    name: 'without-unused',
    setup({ onLoad }) {
      onLoad({ filter: /zod.v4.core.(to-json-schema|json-schema-processors)\.js$/ }, () => ({ contents: nothing }));
      onLoad({ filter: /zod.v4.locales.en\.js$/ }, () => ({
        contents: 'export default () => ({ localeError: () => "unexpected value" });',
      }));
      onLoad({ filter: /protobufjs.src.(rpc|util.eventemitter)\.js$/ }, () => ({ contents: nothing }));
      onLoad({ filter: /node_modules.long.(index|umd.index)\.js$/ }, () => ({
        contents: 'module.exports = undefined;',
      }));
      onLoad({ filter: /relbert.(src|dist).(web.worker-encoder|evaluate.row-maximum-mapping)\.(ts|js)$/ }, () => ({
        contents: 'export const startWorkerEncoder = 0, searchRowMaximumMapping = 0, rowMaxima = 0;',
      }));
    },
  };
}
