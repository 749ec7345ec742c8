#!/usr/bin/env bash
# onnxruntime-node 1.30.0 on Linux x64: two providers that cannot run get two different answers.
#
# executionProviders: ['dml', 'cpu'] opens the session and runs it on the CPU, although
# listSupportedBackends() does not list dml. ['coreml', 'cpu'] does the same, and so does a misspelt name.
# The program sees nothing: the only sign is a line on the console. ['cuda', 'cpu'] throws instead.
# A user would expect the same rule for every provider: always an error, or always the next name in
# the list with a way to ask the session which provider it uses.
set -euo pipefail
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'this script needs Linux x86_64'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
# Without the install script, which would fetch the CUDA library: CUDA cannot run then.
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact onnxruntime-node@1.30.0 >&2

cat > check.js <<'JS'
import ort from 'onnxruntime-node';

const warnings = [];
console.warn = (...words) => warnings.push(words.join(' '));
// y = Neg(x), x of shape [1], opset 13
const model = Buffer.from(
  'CAg6MgoLCgF4EgF5IgNOZWcSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==',
  'base64',
);
async function run(provider) {
  try {
    const session = await ort.InferenceSession.create(model, { executionProviders: [provider, 'cpu'] });
    const { y } = await session.run({ x: new ort.Tensor('float32', [2], [1]) });
    return `runs, y = ${y.data[0]}`;
  } catch {
    return 'throws';
  }
}

console.log(`onnxruntime-node ${ort.env.versions.node}, Node ${process.version}`);
const listed = ort.listSupportedBackends().map(({ name }) => name);
console.log(`listSupportedBackends(): ${listed.join(', ')}`);
const expected = { dml: 'runs, y = -2', coreml: 'runs, y = -2', misspelt: 'runs, y = -2', cuda: 'throws' };
let same = !listed.some((name) => ['dml', 'coreml', 'misspelt'].includes(name)) && listed.includes('cuda');
for (const [provider, answer] of Object.entries(expected)) {
  warnings.length = 0;
  const seen = await run(provider);
  console.log(`['${provider}', 'cpu']: ${seen}; console.warn: ${warnings[0] ?? 'nothing'}`);
  same &&= seen === answer;
}
console.log(same ? 'as described' : 'CHANGED');
process.exitCode = same ? 0 : 1;
JS
ORT_DISABLE_TELEMETRY=1 node check.js
