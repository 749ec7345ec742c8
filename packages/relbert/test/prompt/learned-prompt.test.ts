import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import type { EncodedPrompt } from '../../src/prompt/prompt.ts';
import { PromptError } from '../../src/prompt/prompt-error.ts';
import type { PromptLayout, PromptSpec } from '../../src/prompt/spec.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { fixtureFiles } from '../tokenizer/golden-prompts.ts';

interface GoldenCase {
  readonly tokenizer: string;
  readonly kind: 'trigger' | 'soft';
  readonly top: number[] | number;
  readonly mid: number[] | number;
  readonly bottom: number[] | number;
  readonly pairs: [head: string, tail: string][];
  readonly '2021': number[][];
  readonly '2023': number[][];
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/prompt/golden.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
};
const tokenizers = new Map<string, Tokenizer>();

function tokenizerOf(name: string): Tokenizer {
  let tokenizer = tokenizers.get(name);
  if (!tokenizer) {
    tokenizer = createTokenizer(fixtureFiles(name).json);
    tokenizers.set(name, tokenizer);
  }
  return tokenizer;
}

function specOf(golden: GoldenCase, layout: PromptLayout): PromptSpec {
  const { kind, top, mid, bottom } = golden;
  if (kind === 'trigger') {
    return { kind, top: top as number[], mid: mid as number[], bottom: bottom as number[], layout };
  }
  const [t, m, b] = [top as number, mid as number, bottom as number];
  return { kind, top: t, mid: m, bottom: b, vectors: new Float32Array((t + m + b) * 4), hidden: 4, layout };
}

const size = (part: number[] | number): number => (typeof part === 'number' ? part : part.length);

describe.each(['2021', '2023'] as const)('learned prompts in the layout of %s', (layout) => {
  test.each(
    cases.map(
      (golden) =>
        [`${golden.tokenizer}, ${golden.kind} ${[golden.top, golden.mid, golden.bottom].map(size)}`, golden] as const,
    ),
  )('%s: the ids that the Python package makes', (_, golden) => {
    const prompt = createPrompt(specOf(golden, layout), tokenizerOf(golden.tokenizer));
    const { top, mid, bottom } = golden;
    expect(prompt.counts).toEqual({ top: size(top), mid: size(mid), bottom: size(bottom) });
    golden.pairs.forEach(([head, tail], i) => {
      expect([head, tail, prompt.encode({ head, tail }).ids]).toEqual([head, tail, golden[layout][i]]);
    });
  });
});

describe('spans', () => {
  const textOf = (tokenizer: Tokenizer, { ids }: EncodedPrompt, span: readonly number[]): string =>
    tokenizer.decode(span.map((at) => ids[at] as number)).trim();

  test.each(['bert-cased', 'roberta', 'albert', 'xlm-roberta'])('%s: the words are found in both layouts', (name) => {
    const tokenizer = tokenizerOf(name);
    const trigger = (text: string): number => tokenizer.encode(text).ids.at(-2) as number;
    const [the, of] = [trigger('a the'), trigger('a of')];
    for (const layout of ['2021', '2023'] as const) {
      const specs: PromptSpec[] = [
        { kind: 'trigger', top: [the, of], mid: [of], bottom: [the], layout },
        { kind: 'soft', top: 2, mid: 1, bottom: 1, vectors: new Float32Array(16), hidden: 4, layout },
      ];
      for (const spec of specs) {
        const encoded = createPrompt(spec, tokenizer).encode({ head: 'mother', tail: 'word work' });
        expect(textOf(tokenizer, encoded, encoded.head)).toBe('mother');
        expect(textOf(tokenizer, encoded, encoded.tail)).toBe('word work');
        expect(encoded.mask).toEqual([]);
        const [first, second] = encoded.ids;
        expect(first === second).toBe(layout === '2021');
      }
    }
  });

  test('an empty word has no tokens', () => {
    const tokenizer = tokenizerOf('roberta');
    const spec: PromptSpec = { kind: 'trigger', top: [300], mid: [301], bottom: [302], layout: '2023' };
    const { head, tail } = createPrompt(spec, tokenizer).encode({ head: '', tail: 'dog' });
    expect(head).toEqual([]);
    expect(tail.length).toBeGreaterThan(0);
  });

  test('a mask among the triggers is a mask position', () => {
    const tokenizer = tokenizerOf('roberta');
    const mask = tokenizer.special.mask.id;
    for (const layout of ['2021', '2023'] as const) {
      const spec: PromptSpec = { kind: 'trigger', top: [300], mid: [mask], bottom: [302], layout };
      const { ids, mask: places } = createPrompt(spec, tokenizer, { mask: true }).encode({ head: 'dog', tail: 'cat' });
      expect(places.map((at) => ids[at])).toEqual([mask]);
    }
  });
});

describe('soft prompts', () => {
  test('every vector occurs once, in order, with ids after the vocabulary', () => {
    const tokenizer = tokenizerOf('roberta');
    const vectors = Float32Array.from({ length: 12 }, (_, i) => i);
    const prompt = createPrompt(
      { kind: 'soft', top: 3, mid: 2, bottom: 1, vectors, hidden: 2, layout: '2023' },
      tokenizer,
    );
    expect(prompt.vectors).toBe(vectors);
    const { ids } = prompt.encode({ head: 'dog', tail: 'cat' });
    const size = tokenizer.vocabularySize;
    expect(ids.filter((id) => id >= size)).toEqual([0, 1, 2, 3, 4, 5].map((i) => size + i));
    const padded = createPrompt(
      { kind: 'soft', top: 1, mid: 0, bottom: 0, vectors: new Float32Array(2), hidden: 2, layout: '2021' },
      tokenizer,
      { softStart: size + 8 },
    );
    expect(Math.max(...padded.encode({ head: 'dog', tail: 'cat' }).ids)).toBe(size + 8);
    expect(prompt.text).toBe('[3 soft] <subj> [2 soft] <obj> [1 soft]');
  });
});

describe('what cannot be', () => {
  const tokenizer = tokenizerOf('roberta');
  const trigger = (id: number): PromptSpec => ({ kind: 'trigger', top: [id], mid: [], bottom: [], layout: '2021' });

  test('a word that holds the mask token, or looks like the soft prompt, in a learned prompt', () => {
    const prompt = createPrompt(trigger(300), tokenizer);
    expect(() => prompt.encode({ head: 'a <mask>', tail: 'b' })).toThrow(PromptError);
    expect(() => prompt.encode({ head: 'a <mask>', tail: 'b' })).toThrow(
      /\["a <mask>","b"\] holds the mask token <mask>/,
    );
    const soft = createPrompt(
      { kind: 'soft', top: 1, mid: 0, bottom: 0, vectors: new Float32Array(2), hidden: 2, layout: '2021' },
      tokenizer,
    );
    const { ids, head } = soft.encode({ head: '<prompt>', tail: 'b' });
    expect(ids.filter((id) => id >= tokenizer.vocabularySize)).toHaveLength(1);
    expect(tokenizer.decode(head.map((at) => ids[at] as number))).toBe(' <prompt>');
  });

  test('a trigger outside the vocabulary', () => {
    expect(() => createPrompt(trigger(50_000), tokenizer)).toThrow(/trigger 50000 is not a token: ids are 0 to 2999/);
    expect(() => createPrompt(trigger(-1), tokenizer)).toThrow(PromptError);
  });

  test('vectors that are too few', () => {
    const spec: PromptSpec = {
      kind: 'soft',
      top: 1,
      mid: 1,
      bottom: 1,
      vectors: new Float32Array(5),
      hidden: 2,
      layout: '2023',
    };
    expect(() => createPrompt(spec, tokenizer)).toThrow(/should hold 6 numbers, got 5/);
  });

  test('the pooling mask without a mask', () => {
    expect(() => createPrompt(trigger(300), tokenizer, { mask: true })).toThrow(/none among the triggers/);
  });
});
