#!/usr/bin/env bash
# usearch 2.25.3 (npm): one vector of NaN becomes the nearest neighbour of every query.
#
# add() takes a vector of NaN without an error. After that, search() by cosine returns its key first, at
# distance 0 (a perfect match), for every query. A single failed embedding therefore spoils the index.
# A user would expect add() to refuse the vector, or search() to put it last or leave it out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact usearch@2.25.3 >&2

cat > check.js <<'JS'
import { readFileSync } from 'node:fs';
import { Index, MetricKind, ScalarKind } from 'usearch';

const { version } = JSON.parse(readFileSync('node_modules/usearch/package.json', 'utf8'));
console.log(`usearch ${version}, Node ${process.version}`);
let seed = 1;
const vector = () =>
  Float32Array.from({ length: 8 }, () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  });
const index = new Index(8, MetricKind.Cos, ScalarKind.F32);
for (let key = 0n; key < 100n; key++) index.add(key, vector());
const queries = Array.from({ length: 100 }, vector);
const nearest = () => queries.map((query) => index.search(query, 1, 0));

const before = nearest();
index.add(1000n, new Float32Array(8).fill(Number.NaN));
const after = nearest();
const first = after.filter(({ keys, distances }) => keys[0] === 1000n && distances[0] === 0).length;
console.log(`before: query 0 finds key ${before[0].keys[0]} at distance ${before[0].distances[0].toFixed(3)}`);
console.log(`after:  query 0 finds key ${after[0].keys[0]} at distance ${after[0].distances[0].toFixed(3)}`);
console.log(`the vector of NaN (key 1000) is first, at distance 0, for ${first} of ${queries.length} queries`);
const same = first === queries.length;
console.log(same ? 'as described' : 'CHANGED');
process.exitCode = same ? 0 : 1;
JS
node check.js
