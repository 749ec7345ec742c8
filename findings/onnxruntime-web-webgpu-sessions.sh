#!/usr/bin/env bash
# onnxruntime-web 1.30.0 (npm), its WebGPU build, in Chromium: a second session cannot be made while the first is being made.
#
# InferenceSession.create() is asynchronous, but with executionProviders: ['webgpu'] of two calls that are made together one is
# rejected. With ['wasm'] both give a session, and so do two calls with 'webgpu' after each other.
# A user who loads an encoder and a decoder with Promise.all would expect two sessions, or calls that wait for each other.
set -euo pipefail
browser=$(command -v chromium || command -v google-chrome) || { echo 'this script needs Chromium'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact onnxruntime-web@1.30.0 playwright-core@1.65.1 >&2

cat > check.js <<'JS'
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const types = { js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/') return response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
  try {
    response.setHeader('Content-Type', types[pathname.split('.').at(-1)] ?? 'application/octet-stream');
    response.end(readFileSync(`node_modules/onnxruntime-web/dist${pathname}`));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: process.argv[2],
  // WebGPU computed on the CPU, where there is no graphics processor
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'],
});

/** How two sessions come out, in a fresh page. */
async function two(provider, together) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const found = await page.evaluate(
    async ({ provider, together }) => {
      if (provider === 'webgpu' && !(await navigator.gpu?.requestAdapter())) return ['no adapter'];
      const { InferenceSession } = await import('/ort.webgpu.min.mjs');
      // y = Neg(x), x of shape [1], opset 13
      const model = 'CAg6MgoLCgF4EgF5IgNOZWcSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==';
      const create = () =>
        InferenceSession.create(
          Uint8Array.from(atob(model), (c) => c.charCodeAt(0)),
          { executionProviders: [provider] },
        ).then(
          () => 'session',
          (error) => `refused: ${String(error.message).split('\n')[0]}`,
        );
      return together ? Promise.all([create(), create()]) : [await create(), await create()];
    },
    { provider, together },
  );
  await page.close();
  return found;
}

const wasm = await two('wasm', true);
const afterEachOther = await two('webgpu', false);
const together = await two('webgpu', true);
console.log(`Chromium ${browser.version()}`);
await browser.close();
server.close();
console.log('two of wasm together:', wasm.join(' | '));
console.log('two of webgpu after each other:', afterEachOther.join(' | '));
console.log('two of webgpu together:', together.join(' | '));
if (together[0] === 'no adapter') {
  console.log('this browser has no WebGPU adapter');
  process.exit(2);
}
const both = (found) => found.every((one) => one === 'session');
const same = both(wasm) && both(afterEachOther) && together.filter((one) => one.startsWith('refused')).length === 1;
console.log(same ? 'as described' : 'CHANGED');
process.exitCode = same ? 0 : 1;
JS
node check.js "$browser"
