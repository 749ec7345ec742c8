/**
 * Builds packages: dist/**\/*.js from src/**\/*.ts, file by file.
 *
 *   node build.mjs FOLDER ...               what a checkout needs
 *   node build.mjs --model FOLDER           the list of a model's files, for web servers and for bundlers
 *   node build.mjs --pack FOLDER FILE ...   what a tarball needs: also the types, and copies of these files of the root
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { bundledLicences } from './bundled-licences.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const [first, ...rest] = process.argv.slice(2);
if (first === '--pack') {
  const [folder, ...files] = rest;
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const bundles = await buildJavaScript(folder);
  bundles.push(...(await bundleForPages(folder)));
  if (bundles.length > 0) writeWhole(join(folder, 'dist/third-party-licences.txt'), bundledLicences(bundles));
  buildTypes(folder);
  for (const file of files) copyFileSync(join(root, file), join(folder, file));
} else if (first === '--model') {
  listModel(rest[0]);
} else {
  for (const folder of [first, ...rest]) await buildJavaScript(folder);
}

/** Gives the metafiles of what is bundled. */
async function buildJavaScript(folder) {
  const { outputFiles } = await build({
    entryPoints: filesOf(join(folder, 'src'), '.ts'),
    outdir: join(folder, 'dist'),
    outbase: join(folder, 'src'),
    format: 'esm',
    target: ['es2023', 'node20.19'],
    charset: 'utf8',
    write: false,
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) {
    if (!path.endsWith('-worker.js')) writeWhole(path, importBuilt(text));
  }
  const workers = await bundleWorkers(folder);
  const command = await bundleCommand(folder);
  const outputs = new Set([...outputFiles.map(({ path }) => path), ...command.files]);
  for (const file of ['.js', '.cjs'].flatMap((ending) => filesOf(join(folder, 'dist'), ending))) {
    if (!outputs.has(resolve(file))) rmSync(file);
  }
  return [...command.metafiles, ...workers];
}

/**
 * dist/command: `relbert` with its JavaScript packages in a few files instead of hundreds, and as CommonJS: reading a file
 * takes a part of a millisecond at every start, and twice that as an ES module. Names stay as they are in the sources.
 */
async function bundleCommand(folder) {
  const [start, worker] = ['cli/start.ts', 'node/worker-thread.ts'].map((name) => join(folder, 'src', name));
  if (![start, worker].every((path) => existsSync(path))) return { files: [], metafiles: [] };
  const { peerDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const external = [...Object.keys(peerDependencies), 'onnxruntime-*', 'relbert-*'];
  const target = { platform: 'node', target: ['es2023', 'node20.19'] };
  const options = { outdir: join(folder, 'dist/command'), external, bundle: true, format: 'esm', ...target };
  const common = { ...options, write: false, metafile: true, logLevel: 'warning' };
  const split = { splitting: true, entryNames: '[name]', outExtension: { '.js': '.cjs' } };
  const modules = await build({ ...common, ...split, entryPoints: [start] });
  const whole = await build({ ...common, entryPoints: [worker] });
  for (const { path, text } of modules.outputFiles) writeWhole(path, await commonJs(text, target));
  for (const { path, text } of whole.outputFiles) writeWhole(path, text);
  const files = [...modules.outputFiles, ...whole.outputFiles].map(({ path }) => path);
  return { files, metafiles: [modules.metafile, whole.metafile] };
}

/** Modules beside this one are required; packages are imported as before. */
async function commonJs(text, target) {
  const here = text.includes('import.meta.url') && {
    define: { 'import.meta.url': '__here' },
    banner: 'const __here = require("node:url").pathToFileURL(__filename).href;',
  };
  const { code } = await transform(text, { format: 'cjs', logLevel: 'warning', ...target, ...here });
  return code.replace(/\bimport\(("\.\/[^"]+\.cjs")\)/g, 'Promise.resolve().then(() => require($1))');
}

/**
 * A worker of a page is one file: no bundler has to split it or to convert CommonJS. onnxruntime-web stays an import, so
 * that the bundler of the page finds its binary.
 */
async function bundleWorkers(folder) {
  const entryPoints = filesOf(join(folder, 'src/web'), '-worker.ts');
  if (entryPoints.length === 0) return [];
  const { outputFiles, metafile } = await build({
    ...{ entryPoints, outdir: join(folder, 'dist/web'), bundle: true, minify: true, write: false, logLevel: 'warning' },
    ...{ format: 'esm', platform: 'browser', target: 'es2022', charset: 'utf8', external: ['onnxruntime-web/*'] },
    metafile: true,
  });
  for (const { path, text } of outputFiles) writeWhole(path, text);
  return [metafile];
}

/** dist/cdn: the library, its workers and onnxruntime-web for pages without a bundler. The model is taken from the CDN. */
async function bundleForPages(folder) {
  const source = (name) => join(folder, 'src', name);
  const entryPoints = { relbert: source('browser.ts') };
  if (!existsSync(entryPoints.relbert)) return [];
  for (const device of ['wasm', 'webgpu']) entryPoints[`${device}-worker`] = source(`web/${device}-worker.ts`);
  const { metafile } = await build({
    ...{ entryPoints, outdir: join(folder, 'dist/cdn'), bundle: true, splitting: true, minify: true, format: 'esm' },
    ...{ platform: 'browser', target: 'es2022', charset: 'utf8', logLevel: 'warning' },
    external: Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies).filter((name) =>
      name.startsWith('relbert-'),
    ),
    metafile: true,
  });
  return [metafile];
}

function buildTypes(folder) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.types.json')], { stdio: 'inherit' });
  for (const file of filesOf(join(folder, 'dist'), '.d.ts')) writeWhole(file, importBuilt(readFileSync(file, 'utf8')));
}

/** Imports of sources become imports of what is built from them. */
function importBuilt(text) {
  return text.replace(/(?<=\bfrom |\bimport |\bimport\()(["'])(\.{1,2}\/[^"']+)\.ts\1/g, '$1$2.js$1');
}

function filesOf(folder, ending) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/** What an encoder reads of a model's folder; vocab.txt says what tokenizer.json says, too. */
function listModel(folder) {
  const wanted = /^(config|tokenizer|tokenizer_config|special_tokens_map)\.json$|\.safetensors(\.index\.json)?$/;
  const names = readdirSync(folder)
    .filter((name) => wanted.test(name))
    .sort();
  const entries = names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return [name, { size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') }];
  });
  writeWhole(join(folder, 'files.json'), `${JSON.stringify({ files: Object.fromEntries(entries) }, null, 2)}\n`);
  const lines = entries.map(
    ([name, { size, sha256 }]) =>
      `  '${name}': { url: new URL('./${name}', import.meta.url).href, size: ${size}, sha256: '${sha256}' },`,
  );
  const comment = "/** The model's files. Bundlers, and tools that trace files, carry along what `new URL` names. */";
  writeWhole(join(folder, 'index.js'), `${comment}\nexport default {\n${lines.join('\n')}\n};\n`);
}

/** Several processes may build at once while others read: nobody sees half a file. */
function writeWhole(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}`;
  writeFileSync(part, text);
  renameSync(part, file);
}
