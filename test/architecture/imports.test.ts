import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Which folders a folder may import from; `type`: for type-only imports. ARCHITECTURE.md draws the same. */
const allowed: Record<string, { readonly value: readonly string[]; readonly type?: readonly string[] }> = {
  pair: { value: [] },
  graph: { value: [] },
  tokenizer: { value: [] },
  prompt: { value: ['pair', 'tokenizer'] },
  runtime: { value: [] },
  data: { value: ['pair'] },
  loss: { value: ['graph'] },
  encoder: { value: ['pair', 'prompt', 'tokenizer', 'graph'], type: ['runtime', 'checkpoint'] },
  checkpoint: { value: ['runtime', 'prompt', 'tokenizer', 'encoder', 'pair'], type: ['train', 'prompt-search'] },
  neighbours: { value: ['pair', 'encoder'], type: ['runtime'] },
  train: {
    value: ['pair', 'prompt', 'tokenizer', 'encoder', 'graph', 'loss', 'data'],
    type: ['runtime', 'checkpoint'],
  },
  plot: { value: ['pair', 'data', 'evaluate'] },
  report: {
    value: ['pair', 'prompt', 'data', 'evaluate', 'neighbours', 'plot'],
    type: ['runtime', 'encoder'],
  },
  'prompt-search': {
    value: ['pair', 'prompt', 'tokenizer', 'encoder', 'graph', 'loss', 'data', 'train'],
    type: ['runtime'],
  },
  evaluate: {
    value: ['pair', 'prompt', 'encoder', 'graph', 'data', 'neighbours', 'train'],
    type: ['runtime', 'checkpoint'],
  },
};
/** Folders that may touch files, network and native code. */
const platform = ['runtime', 'checkpoint'];
/** Entry points, and what they share, may import from anywhere. */
const entries = ['cli', 'distill', 'learn-prompt', '.'];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly type: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statement = /(?:^|\n)\s*(import|export)\s+(type\s)?([^'"`;]*?)\s*from\s*['"]([^'"]+)['"]/g;
  const found: Import[] = [];
  for (const [, , typeKeyword, clause, specifier] of text.matchAll(statement)) {
    const names = /^\{([\s\S]*)\}$/
      .exec((clause ?? '').trim())?.[1]
      ?.split(',')
      .map((name) => name.trim());
    const type = typeKeyword !== undefined || !!names?.every((name) => name === '' || name.startsWith('type '));
    found.push({ file, specifier: specifier as string, type });
  }
  for (const [, specifier] of text.matchAll(/(?:import\s*\(\s*|(?:^|\n)import\s+)['"]([^'"]+)['"]/g)) {
    found.push({ file, specifier: specifier as string, type: false });
  }
  return found;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);
const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] as string) : '.');

describe('imports', () => {
  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('go one way between the folders of src', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ file, specifier, type }) => {
        const from = folderOf(file);
        const to = folderOf(relative(source, join(source, dirname(file), specifier)));
        if (from === to || entries.includes(from)) return false;
        const rule = allowed[from];
        return !rule?.value.includes(to) && !(type && rule?.type?.includes(to));
      })
      .map(({ file, specifier }) => `src/${file} must not import ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('name every folder in the rule', () => {
    const folders = [...new Set(files.map(folderOf))].filter((folder) => !entries.includes(folder));
    expect(folders.filter((folder) => !(folder in allowed))).toEqual([]);
  });

  it('reach files, network and native code in runtime/ and checkpoint/ only', () => {
    const wrong = imports
      .filter(({ specifier, type }) => !type && /^node:|^onnxruntime-|^@resvg\/|^fs$|^path$/.test(specifier))
      .filter(({ file }) => !platform.includes(folderOf(file)))
      .map(({ file, specifier }) => `src/${file} must not import ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('keep Node out of everything that the browser entry reaches', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { specifier, type } of importsOf(file)) {
        if (!type && specifier.startsWith('.')) visit(relative(source, join(source, dirname(file), specifier)));
      }
    };
    visit('browser.ts');
    const wrong = [...reached]
      .flatMap(importsOf)
      .filter(({ specifier, type }) => !type && /^node:|^onnxruntime-node/.test(specifier))
      .map(({ file, specifier }) => `src/${file}, reached from src/browser.ts, imports ${specifier}`);
    expect(wrong).toEqual([]);
  });
});
