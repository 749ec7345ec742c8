#!/usr/bin/env bash
# apache-arrow 21.2.0 (npm): the reader of a stream holds a record batch back until bytes of the next message are there.
#
# A program sends a schema and a whole record batch, and waits for an answer before it sends more. The asynchronous
# RecordBatchReader does not give the batch, though it has every byte of it: it asks its source for more first. Two
# programs that answer each other batch by batch wait for ever. A user would expect the batch as soon as it is complete.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact apache-arrow@21.2.0 >&2

cat > check.js <<'JS'
import { RecordBatchReader, Table, tableToIPC, vectorFromArray } from 'apache-arrow';

const stream = tableToIPC(new Table({ value: vectorFromArray([1, 2, 3]) }), 'stream');
const given = stream.subarray(0, stream.length - 8); // all but the end mark
let release;
const more = new Promise((resolve) => (release = resolve));
async function* source() {
  yield given;
  await more;
  yield stream.subarray(stream.length - 8);
}
const reader = await RecordBatchReader.from(source());
const batch = reader.next().then(({ value }) => value.numRows);
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms, 'nothing'));
const before = await Promise.race([batch, after(2000)]);
release();
const then = await batch;
console.log(`with the whole batch sent: ${before} after 2 s; with the end mark: ${then} rows`);
const same = before === 'nothing' && then === 3;
console.log(same ? 'as described' : 'CHANGED');
process.exitCode = same ? 0 : 1;
JS
node check.js
