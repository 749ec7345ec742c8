import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^relbert$/, replacement: source('relbert/src/index.ts') },
      { find: /^relbert\/(graph|train|evaluate|run|cli)$/, replacement: source('relbert/src/$1/index.ts') },
      { find: /^relbert-server$/, replacement: source('relbert-server/src/index.ts') },
      { find: /^relbert-playground$/, replacement: source('playground/src/index.ts') },
      { find: /^relbert-reproduction$/, replacement: source('reproduction/src/index.ts') },
    ],
  },
  test: {
    globalSetup: ['packages/relbert/test/build.ts'],
    include: ['packages/*/test/**/*.test.ts'],
    // onnxruntime-node does not survive being loaded in several worker threads: processes. Each runs many files and loads
    // the library once: a test puts back what it changes of its process.
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    // Many times what a test takes on an idle machine: only what hangs is to fail.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
