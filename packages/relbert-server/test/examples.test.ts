import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codeBlocks } from '../../relbert/test/docs/code-block.ts';
import { defaultLimits } from '../src/limits.ts';
import { operations } from '../src/operations.ts';

it('the examples of the API are what docs/server.md shows, whose commands its test runs', () => {
  const markdown = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8');
  const { code = '', output = '' } = codeBlocks(markdown).find((block) => block.code.startsWith('ask()')) ?? {};
  const answers = output.split('\n');
  const shown = [...code.matchAll(/^ask (\w+) '(.*?)'/gm)].map(([, name, body = ''], i) => [
    name,
    JSON.parse(body),
    answers[i],
  ]);
  // Of an embedding the document shows the beginning.
  const expected = operations(defaultLimits, { index: true, classifier: true }).map(({ name, example }) => [
    name,
    example.body,
    JSON.stringify(example.answer).slice(0, name === 'embed' ? 60 : undefined),
  ]);
  expect(shown).toEqual(expected);
});
