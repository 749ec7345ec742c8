/** The other side of the benches: a Python (PYTHON, default python3) with what the script at hand imports. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface PythonOptions {
  /** Threads of NumPy's and scikit-learn's products; scripts with torch take theirs as an argument. */
  readonly threads?: number;
  /** Its talk goes to the terminal while it runs, and not into an error. Default false. */
  readonly live?: boolean;
}

/**
 * What a script prints. It is named by its path from bench/, or is Python text itself.
 *
 * @throws where Python is missing or fails, with what it said
 */
export function runPython(script: string, args: readonly string[] = [], options: PythonOptions = {}): string {
  const { threads, live = false } = options;
  const python = process.env['PYTHON'] ?? 'python3';
  const what = script.endsWith('.py') ? [fileURLToPath(new URL(script, import.meta.url))] : ['-c', script];
  const { status, stdout, stderr, error } = spawnSync(python, [...what, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', live ? 'inherit' : 'pipe'],
    env: {
      ...process.env,
      HF_HUB_OFFLINE: '1',
      TRANSFORMERS_VERBOSITY: 'error',
      ...(threads !== undefined && { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }),
    },
  });
  const name = script.endsWith('.py') ? script : 'its script';
  if (status !== 0) throw new Error(`${python} failed on ${name} (set PYTHON?): ${error?.message ?? stderr ?? ''}`);
  return stdout;
}
