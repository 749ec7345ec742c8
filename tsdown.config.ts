import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/browser.ts',
    'src/graph/index.ts',
    'src/train/index.ts',
    'src/evaluate/index.ts',
    'src/distill/index.ts',
    'src/cli/main.ts',
    'src/runtime/node-worker-thread.ts',
  ],
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  unbundle: true,
  dts: true,
  clean: true,
  logLevel: 'warn',
});
