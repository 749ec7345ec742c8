/**
 * schemathesis against the OpenAPI document: it makes requests that the schemas allow and such that they do not, and
 * looks for 5xx, answers that the document does not describe, and wrong requests that are taken.
 *
 *   npm run test:schemathesis -- [options of schemathesis run]
 *
 * SCHEMATHESIS names the command (default: schemathesis; `pip install schemathesis`).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from 'relbert-server';

const relbert = fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'relbert-schemathesis-'));
const token = 'secret';
try {
  const words = ['Tokyo', 'Japan', 'Paris', 'France', 'hot', 'cold', 'big', 'small'];
  const pairs = words.flatMap((head, i) =>
    words.slice(i + 1).map((tail, j) => ({ head, tail, label: j % 2 ? 'a' : 'b' })),
  );
  const file = join(folder, 'pairs.jsonl');
  writeFileSync(file, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  const [index, classifier] = [join(folder, 'index'), join(folder, 'classifier')];
  const command = (...args: readonly string[]) =>
    execFileSync(process.execPath, [relbert, ...args], { stdio: 'ignore' });
  command('index', 'build', index, '--pairs', file);
  command('classify', 'fit', '--data', file, '--output', classifier);
  await using server = await serve({ index, classifier, token, port: 0, log: 'warn' });
  // Whether a condition names a column of the index, no schema can say.
  const config = join(folder, 'schemathesis.toml');
  const accepted = '[200, 401, 403, 404, 409, 422, 429, "5xx"]';
  writeFileSync(
    config,
    `[[operations]]\ninclude-path = "/v1/neighbours"\nchecks.positive_data_acceptance.expected-statuses = ${accepted}\n`,
  );
  const args = [
    '--config-file',
    config,
    'run',
    `${server.url}/openapi.json`,
    '--header',
    `Authorization: Bearer ${token}`,
    '--checks',
    'all',
  ];
  const run = spawn(process.env['SCHEMATHESIS'] ?? 'schemathesis', [...args, ...process.argv.slice(2)], {
    stdio: 'inherit',
    cwd: folder,
  });
  const [code] = await once(run, 'exit');
  process.exitCode = code ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
