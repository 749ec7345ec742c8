import { defineConfig } from 'tsdown';

export default defineConfig({
  // Every file: `relbert-reproduction` takes some that no public entry reaches.
  entry: 'src/**/*.ts',
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  unbundle: true,
  dts: true,
  clean: true,
  logLevel: 'warn',
});
