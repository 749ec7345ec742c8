import { describe, expect, test } from 'vitest';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import { PromptError } from '../../src/prompt/prompt-error.ts';
import { manualTemplates, parseTemplate, templateParts } from '../../src/prompt/template.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { fixtureFiles } from '../tokenizer/golden-prompts.ts';

describe('manual templates', () => {
  test('are those of the paper, byte for byte', () => {
    const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
    const a = 'Today, I finally discovered the relation between <subj> and <obj> : ';
    const d = 'I wasn\xe2\x80\x99t aware of this relationship, but I just read in the encyclopedia that ';
    expect(Object.entries(manualTemplates).map(([name, text]) => [name, bytes(text)])).toEqual([
      ['a', `${a}<subj> is the <mask> of <obj>`],
      ['b', `${a}<obj>  is <subj>'s <mask>`],
      ['c', `${a}<mask>`],
      ['d', `${d}<subj> is the <mask> of <obj>`],
      ['e', `${d}<obj>  is <subj>\xe2\x80\x99s <mask>`],
    ]);
  });

  test('letters stand for them', () => {
    for (const [name, text] of Object.entries(manualTemplates)) {
      expect(parseTemplate(name)).toBe(text);
      expect(parseTemplate(name, { mask: true })).toBe(text);
    }
  });
});

describe('parseTemplate', () => {
  test('takes any text with the placeholders, repeated ones too', () => {
    for (const text of [
      '<subj> and <obj>',
      '<obj><obj><subj>',
      '<mask> <subj> <mask> <obj>',
      '日本 <subj>: <obj> <3',
      'a < b <subj><obj> > c',
    ]) {
      expect(parseTemplate(text)).toBe(text);
    }
  });

  test.each<[string, boolean, RegExp]>([
    ['f', false, /unknown template "f".*expected a letter \(a, b, c, d, e\)/],
    ['A', false, /unknown template "A" \(did you mean a/],
    ['', false, /unknown template "": expected a letter/],
    ['toString', false, /unknown template "toString"/],
    ['the relation of words', false, /unknown template "the relation of words": expected a letter/],
    ['<subj> is big', false, /has no <obj>: it stands for the tail of a pair/],
    ['<obj> is <mask>', false, /has no <subj>: it stands for the head of a pair/],
    ['<subj> and <obj>', true, /has no <mask>: the pooling "mask" needs it/],
    ['<sub> and <obj>', false, /unknown placeholder <sub> in the template "<sub> and <obj>" \(did you mean <subj>/],
    ['<subj> and <obj> <maks>', false, /unknown placeholder <maks>.*did you mean <mask>/],
    ['<subj> and <obj> <SUBJ>', false, /unknown placeholder <SUBJ>.*did you mean <subj>/],
    ['<head> and <tail>', false, /unknown placeholder <head>.*there are <subj>, <obj>, <mask>/],
    ['<constructor> <subj> <obj>', false, /unknown placeholder <constructor>/],
  ])('refuses %j (mask needed: %s)', (template, mask, message) => {
    expect(() => parseTemplate(template, { mask })).toThrow(PromptError);
    expect(() => parseTemplate(template, { mask })).toThrow(message);
  });

  test('takes a template apart', () => {
    expect(templateParts('<subj><mask> x <obj>.')).toEqual([
      { kind: 'head' },
      { kind: 'mask' },
      { kind: 'text', text: ' x ' },
      { kind: 'tail' },
      { kind: 'text', text: '.' },
    ]);
  });
});

describe('template prompts', () => {
  const tokenizer = createTokenizer(fixtureFiles('bert-cased').json);
  const words = (ids: readonly number[], span: readonly number[]): string =>
    tokenizer.decode(span.map((at) => ids[at] as number));

  test('find all occurrences of both words and the mask', () => {
    const prompt = createPrompt({ kind: 'template', text: manualTemplates.a }, tokenizer);
    expect(prompt.kind).toBe('template');
    expect(prompt.text).toBe(manualTemplates.a);
    expect(prompt.vectors).toBeUndefined();
    const { ids, head, tail, mask } = prompt.encode({ head: 'Tokyo', tail: 'the dog' });
    expect(words(ids, head)).toBe('Tokyo Tokyo');
    expect(words(ids, tail)).toBe('the dog the dog');
    expect(mask.map((at) => ids[at])).toEqual([tokenizer.special.mask.id]);
    expect(ids[0]).toBe(tokenizer.special.begin.id);
    expect(ids.at(-1)).toBe(tokenizer.special.end.id);
  });

  test('a word that looks like a placeholder stays a word, one that reads [MASK] is a mask too', () => {
    const prompt = createPrompt({ kind: 'template', text: '<subj> is to <obj>' }, tokenizer);
    const first = prompt.encode({ head: '<obj>', tail: 'x' });
    expect(words(first.ids, first.head)).toBe('< obj >');
    expect(words(first.ids, first.tail)).toBe('x');
    const second = prompt.encode({ head: '[MASK]', tail: 'x' });
    expect(second.mask).toEqual(second.head);
  });

  test('equal words at both places have spans of their own', () => {
    const prompt = createPrompt({ kind: 'template', text: '<subj> and <obj>' }, tokenizer);
    const { head, tail } = prompt.encode({ head: 'the', tail: 'the' });
    expect(head).toEqual([1]);
    expect(tail).toEqual([3]);
  });

  test('empty and blank words have no tokens', () => {
    const prompt = createPrompt({ kind: 'template', text: '<subj> and <obj>' }, tokenizer);
    const { ids, head, tail } = prompt.encode({ head: '', tail: ' \t' });
    expect(head).toEqual([]);
    expect(tail).toEqual([]);
    expect(ids).toHaveLength(3);
  });

  test('what the pooling needs is checked', () => {
    const spec = { kind: 'template', text: '<subj> and <obj>' } as const;
    expect(() => createPrompt(spec, tokenizer, { mask: true })).toThrow(/has no <mask>/);
    expect(() => createPrompt({ kind: 'template', text: 'z' }, tokenizer)).toThrow(PromptError);
  });
});
