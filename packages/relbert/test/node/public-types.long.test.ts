import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

it('the types of the Node entries do not need those of ONNX Runtime, which need a browser', () => {
  const src = join(import.meta.dirname, '../../src');
  const { config } = ts.readConfigFile(join(src, '../../../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, join(src, '../../..'));
  const entries = ['index.ts', 'train/index.ts', 'evaluate/index.ts', 'run/index.ts'].map((name) => join(src, name));
  const program = ts.createProgram(entries, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
  });
  const reached = new Set<string>();
  const walk = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    let text = '';
    program.emit(program.getSourceFile(file), (_, written) => {
      text = written;
    });
    // Of `import('x')` and `from 'x'`.
    for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      expect([file, name]).not.toEqual([file, expect.stringMatching(/^onnxruntime/)]);
      if (name.startsWith('.')) walk(join(file, '..', name));
    }
  };
  for (const entry of entries) walk(entry);
  expect(reached.size).toBeGreaterThan(50);
}, 120_000);
