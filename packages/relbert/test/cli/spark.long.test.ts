import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, test } from 'vitest';

const script = fileURLToPath(new URL('../../../reproduction/scripts/spark-kills.py', import.meta.url));
const python = process.env['PYTHON'] ?? 'python3';
const runs = (program: string, args: readonly string[]): boolean => spawnSync(program, args).status === 0;
const missing = [
  ...(runs('java', ['-version']) ? [] : ['java']),
  ...(runs(python, ['-c', 'import pyspark, pyarrow, pandas']) ? [] : ['pip install pyspark==4.3.0 pyarrow pandas']),
];

if (missing.length > 0) test.skip(`examples/spark loses nothing with an executor (skipped: ${missing.join(', ')})`);
else {
  describe('examples/spark', () => {
    it('loses and doubles no row where an executor is killed', { timeout: 600_000 }, async () => {
      const run = promisify(execFile)(python, [script, '--kills', '1', '--pairs', '1000'], { timeout: 580_000 });
      expect((await run).stdout).toMatch(/1 executors killed in 1 runs of 1000 pairs: 0 lost, 0 doubled/);
    });
  });
}
