import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from '../../relbert/test/docs/code-block.ts';
import { root } from './project.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The lines of a recipe: the first block of code after its bold name in a file of docs. */
export function recipe(file: string, name: string): string {
  const text = read(`docs/${file}`);
  const after = text.slice(text.indexOf(`**${name}**`));
  const block = /```\w*\n([\s\S]*?)```/.exec(after)?.[1];
  if (!text.includes(`**${name}**`) || block === undefined) throw new Error(`docs/${file} has no recipe ${name}`);
  if (block.trim().split('\n').length > 5) throw new Error(`docs/${file}: the recipe ${name} has more than five lines`);
  return block;
}

/** The first example in TypeScript or JavaScript of a document. */
export function firstExample(file: string): string {
  const block = codeBlocks(read(file)).find(({ language }) => language === 'ts' || language === 'js');
  if (!block) throw new Error(`${file} has no example`);
  return `${block.preamble ?? ''}${block.code}`;
}
