import { describe, expect, it } from 'vitest';
import { codeBlocks, sameOutput } from './code-block.ts';

describe('code blocks of a document', () => {
  it('have what stands above and below them', () => {
    const markdown = [
      'Text.',
      '<!-- setup',
      'echo a:b > pairs.txt',
      '-->',
      '```sh',
      'relbert embed --pairs pairs.txt',
      '```',
      '```output',
      'a:b 0.5',
      '```',
      '<!-- not run: needs a GPU -->',
      '```python',
      'import torch',
      '```',
      '```',
      'no language: a picture of text',
      '```',
      '<!-- preamble const x = 1; -->',
      '```ts',
      'x;',
      '```',
    ].join('\n');
    expect(codeBlocks(markdown)).toEqual([
      {
        line: 5,
        language: 'sh',
        code: 'relbert embed --pairs pairs.txt\n',
        setup: 'echo a:b > pairs.txt\n',
        preamble: '',
        output: 'a:b 0.5\n',
      },
      { line: 11 + 1, language: 'python', code: 'import torch\n', setup: '', preamble: '', notRun: 'needs a GPU' },
      { line: 19, language: 'ts', code: 'x;\n', setup: '', preamble: 'const x = 1; ' },
    ]);
  });

  it('print the same where only the last digits differ', () => {
    expect(sameOutput('a:b 0.841\n', 'a:b  0.84')).toBe(true);
    expect(sameOutput('a:b 0.9\n', 'a:b 0.84')).toBe(false);
    expect(sameOutput('a:c 0.84', 'a:b 0.84')).toBe(false);
    expect(sameOutput('a:b', 'a:b 0.84')).toBe(false);
  });
});
