#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (npm): a model from memory takes its external initialisers from files or from memory, not from both.
#
# y = x + a + b, where a and b lie outside the model, in a.bin and b.bin. With both files in the folder that
# session.model_external_initializers_file_folder_path names it loads, and with both arrays in externalData it loads. With the array
# of a and the file of b it does not: once externalData is given, each external initialiser is looked for there.
# A user would expect what externalData lacks to be read from the folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact onnxruntime-node@1.30.0 >&2

cat > check.js <<'JS'
import { writeFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

// protocol buffers: a field with a number, or with bytes of a known length; all lengths here are below 16,384
const size = (n) => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
const number = (field, n) => [field << 3, ...size(n)];
const bytes = (field, content) => {
  const data = typeof content === 'string' ? [...Buffer.from(content)] : content.flat();
  return [(field << 3) | 2, ...size(data.length), ...data];
};
const count = 64; // float32 values
const entry = (key, value) => bytes(13, [bytes(1, key), bytes(2, value)]);
const initializer = (name) =>
  bytes(5, [
    ...[number(1, count), number(2, 1), bytes(8, name), number(14, 1)],
    ...[entry('location', `${name}.bin`), entry('offset', '0'), entry('length', String(4 * count))],
  ]);
const value = (field, name) =>
  bytes(field, [bytes(1, name), bytes(2, [bytes(1, [number(1, 1), bytes(2, [bytes(1, [number(1, count)])])])])]);
const add = (a, b, sum) => bytes(1, [bytes(1, a), bytes(1, b), bytes(2, sum), bytes(4, 'Add')]);
const graph = [
  ...[add('x', 'a', 'sum'), add('sum', 'b', 'y'), bytes(2, 'sums')],
  ...[initializer('a'), initializer('b'), value(11, 'x'), value(12, 'y')],
];
const model = Uint8Array.from([number(1, 8), bytes(7, graph), bytes(8, [number(2, 17)])].flat());

const arrays = { a: new Float32Array(count).fill(10), b: new Float32Array(count).fill(200) };
const data = (name) => ({ path: `${name}.bin`, data: new Uint8Array(arrays[name].buffer) });
const inFolder = { session: { model_external_initializers_file_folder_path: process.cwd() } };
async function sum(options) {
  try {
    const session = await InferenceSession.create(model, { logSeverityLevel: 4, ...options });
    const { y } = await session.run({ x: new Tensor('float32', new Float32Array(count).fill(1), [count]) });
    return y.data[0];
  } catch (error) {
    return `refused: ${error.message.split('\n')[0]}`;
  }
}
for (const name of ['a', 'b']) writeFileSync(`${name}.bin`, data(name).data);
const files = await sum({ extra: inFolder });
const memory = await sum({ externalData: [data('a'), data('b')] });
const both = await sum({ extra: inFolder, externalData: [data('a')] });
console.log(`from files: ${files}; from memory: ${memory}; a from memory and b from its file: ${both}`);
const same = files === 211 && memory === 211 && String(both).startsWith('refused');
console.log(same ? 'as described' : 'CHANGED');
process.exitCode = same ? 0 : 1;
JS
node check.js
