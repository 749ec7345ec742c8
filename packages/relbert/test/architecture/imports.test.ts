import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/**
 * Every folder of src and the folders that it may import from, types included. The rows stand in order: a folder imports
 * from rows above its own only. ARCHITECTURE.md draws the same.
 */
const allowed: Record<string, readonly string[]> = {
  text: [],
  graph: [],
  runtime: ['text'],
  pair: ['text'],
  tokenizer: ['text'],
  formats: ['text', 'runtime', 'pair'],
  prompt: ['text', 'pair', 'tokenizer'],
  data: ['text', 'pair'],
  models: ['text', 'graph', 'runtime', 'formats'],
  encoder: ['text', 'graph', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'models'],
  loss: ['graph'],
  train: ['text', 'graph', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'data', 'models', 'encoder', 'loss'],
  search: ['text', 'graph', 'runtime', 'pair', 'tokenizer', 'prompt', 'data', 'models', 'encoder', 'loss', 'train'],
  index: ['text', 'graph', 'runtime', 'pair', 'formats', 'data', 'encoder'],
  evaluate: ['text', 'graph', 'runtime', 'pair', 'formats', 'prompt', 'data', 'encoder', 'train', 'index'],
  classify: ['text', 'runtime', 'pair', 'formats', 'data', 'encoder', 'evaluate'],
  cluster: ['text', 'runtime', 'pair', 'data', 'encoder'],
  web: ['text', 'graph', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'models', 'encoder', 'index'],
  node: ['text', 'graph', 'runtime', 'pair', 'formats', 'prompt', 'encoder', 'train', 'search', 'index', 'web'],
  run: [
    ...['text', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'data', 'models', 'encoder', 'loss', 'train'],
    ...['search', 'evaluate', 'node'],
  ],
  // The entry points: index.ts (Node), browser.ts and what both offer.
  '.': [
    ...['text', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'models', 'encoder', 'index', 'classify'],
    ...['cluster', 'web', 'node'],
  ],
  cli: [
    ...['text', 'runtime', 'pair', 'tokenizer', 'formats', 'prompt', 'data', 'encoder', 'train', 'search', 'index'],
    ...['evaluate', 'classify', 'cluster', 'node', 'run', '.'],
  ],
};
/** Folders that may touch files, network and native code. */
const platform = ['node', 'web', 'cli'];

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
const targetOf = ({ file, specifier }: Import): string => relative(source, join(source, dirname(file), specifier));

describe('imports', () => {
  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('go one way between the folders of src, those of types too', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter((found) => {
        const from = folderOf(found.file);
        const to = folderOf(targetOf(found));
        return from !== to && !allowed[from]?.includes(to);
      })
      .map(({ file, specifier }) => `src/${file} must not import ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('have a row for every folder, and each row names rows above it only', () => {
    const rows = Object.keys(allowed);
    expect(rows.toSorted()).toEqual([...new Set(files.map(folderOf))].toSorted());
    const upward = rows.flatMap((row, i) =>
      (allowed[row] ?? []).filter((to) => rows.indexOf(to) >= i).map((to) => `${row} -> ${to}`),
    );
    expect(upward).toEqual([]);
  });

  it('make no circle between files', () => {
    const targets = new Map<string, string[]>();
    for (const found of imports) {
      if (!found.specifier.startsWith('.')) continue;
      targets.set(found.file, [...(targets.get(found.file) ?? []), targetOf(found)]);
    }
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at !== -1) circles.push([...path.slice(at), file].join(' -> '));
      if (at !== -1 || done.has(file)) return;
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('reach files, network and native code in node/, web/ and cli/ only', () => {
    const wrong = imports
      .filter(({ specifier, type }) => !type && /^node:|^onnxruntime-|^fs$|^path$/.test(specifier))
      .filter(({ file }) => !platform.includes(folderOf(file)))
      .map(({ file, specifier }) => `src/${file} must not import ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('keep Node out of everything that the browser entry reaches', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const found of importsOf(file)) {
        if (!found.type && found.specifier.startsWith('.')) visit(targetOf(found));
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
