import { describe, expect, it } from 'vitest';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import { manualTemplates } from '../../src/prompt/template.ts';
import { triggerCount } from '../../src/prompt/trigger-counts.ts';
import { candidateTokens, checkCandidateCount, promisedFall, rankCandidates } from '../../src/search/candidate.ts';
import { TriggerWriter, triggerSpec, triggersOfTemplate } from '../../src/search/trigger-prompt.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { fixtureFiles } from '../tokenizer/golden-prompts.ts';

const names = ['bert-cased', 'roberta', 'albert', 'xlm-roberta', 'mpnet'] as const;
const tokenizers = new Map<string, Tokenizer>(names.map((name) => [name, createTokenizer(fixtureFiles(name).json)]));
const tokenizerOf = (name: string) => tokenizers.get(name) as Tokenizer;

const pair = { head: 'mother-in-law', tail: 'New York' };

describe.each(names)('triggers with the tokenizer %s', (name) => {
  const tokenizer = tokenizerOf(name);
  const { mask } = tokenizer.special;
  const counts = { begin: 2, middle: 1, end: 2 };
  const triggers = [700, 701, mask.id, 702, 703];

  it.each(['2021', '2023'] as const)('in the layout of %s are written as the prompt itself is', (layout) => {
    const writer = new TriggerWriter(tokenizer, tokenizer.vocabularySize + 3, counts, layout);
    const written = writer.encoder(triggers)(pair);
    expect(written).toEqual(createPrompt(triggerSpec(triggers, counts, layout), tokenizer).encode(pair));
    const soft = writer.softEncoder(triggers)(pair);
    const places = soft.ids.flatMap((id, place) => (id >= tokenizer.vocabularySize + 3 ? [place] : []));
    expect(places).toHaveLength(5);
    // The gradient is read where the triggers stand (the authors' code reads it one token to the left).
    if (layout === '2023') {
      expect(places.map((place) => written.ids[place])).toEqual(triggers);
      expect(soft.mask).toEqual(written.mask);
      expect(soft.head).toEqual(written.head);
    }
  });

  it.each(['c', 'd'] as const)('start from template %s with its very tokens', (letter) => {
    const start = triggersOfTemplate(letter, tokenizer);
    const plain = { head: 'dog', tail: 'cat' };
    const learned = createPrompt(triggerSpec(start.ids, start.counts, '2023'), tokenizer).encode(plain);
    const manual = createPrompt({ kind: 'template', text: manualTemplates[letter] }, tokenizer).encode(plain);
    expect(learned.ids).toEqual(manual.ids);
    expect(learned.mask).toEqual(manual.mask);
  });

  it.each(['a', 'e'])('cannot start from template %s', (letter) => {
    expect(() => triggersOfTemplate(letter, tokenizer)).toThrow(/<subj> and then <obj>, each once/);
  });
});

describe('triggerCount', () => {
  it('refuses zero triggers and invalid numbers', () => {
    expect(triggerCount({ begin: 1, middle: 0, end: 2 })).toBe(3);
    expect(() => triggerCount({ begin: 0, middle: 0, end: 0 })).toThrow(/no triggers at all/);
    expect(() => triggerCount({ begin: 1, middle: -1, end: 0 })).toThrow(/'middle' must be a whole number/);
  });
});

describe('candidates', () => {
  it('are the whole vocabulary but for special tokens', () => {
    for (const name of names) {
      const tokenizer = tokenizerOf(name);
      const tokens = candidateTokens(tokenizer);
      expect(tokens).toHaveLength(tokenizer.vocabularySize - tokenizer.special.all.size);
      expect(tokens.some((token) => tokenizer.special.all.has(token))).toBe(false);
    }
  });

  it('can leave out continuations of words and words of the pairs', () => {
    const startsWord = {
      'bert-cased': /^(?!##)/,
      roberta: /^Ġ/,
      albert: /^▁/,
      'xlm-roberta': /^▁/,
      mpnet: /^(?!##)/,
    };
    for (const name of names) {
      const tokenizer = tokenizerOf(name);
      const all = candidateTokens(tokenizer);
      const whole = all.filter((id) => startsWord[name].test(tokenizer.token(id) as string));
      expect(whole.length).toBeGreaterThan(100);
      expect(whole.length).toBeLessThan(all.length);
      expect(candidateTokens(tokenizer, { wholeWords: true }), name).toEqual(whole);
    }
    const tokenizer = tokenizerOf('bert-cased');
    const the = tokenizer.encode('the').ids[1] as number;
    expect(candidateTokens(tokenizer)).toContain(the);
    expect(candidateTokens(tokenizer, { pairWords: [{ head: 'The', tail: 'x' }] })).not.toContain(the);
    expect(candidateTokens(tokenizer, { wholeWords: false, pairWords: [{ head: 'ING', tail: 'x' }] })).not.toContain(
      tokenizer.id('##ing'),
    );
  });

  it('can leave out words beyond ASCII, which byte-level tokens spell as bytes', () => {
    const tokenizer = tokenizerOf('roberta');
    const spelt = ['Ã©', 'ĠÃ©'].flatMap((token) => tokenizer.id(token) ?? []);
    expect(spelt.length).toBeGreaterThan(0);
    const kept = candidateTokens(tokenizer, { pairWords: [{ head: 'É', tail: 'x' }] });
    expect(kept.filter((id) => spelt.includes(id))).toEqual([]);
    expect(kept.length).toBeGreaterThan(100);
  });

  it('are ranked by -e_w . gradient, without the current token', () => {
    const table = Float32Array.of(1, 0, 0, 1, -1, 0, -2, -2, 0, 0);
    const options = { table, gradient: Float32Array.of(1, 0.5), tokens: [0, 1, 2, 3, 4], current: 3 };
    expect(rankCandidates({ ...options, k: 3 })).toEqual([2, 4, 1]);
    expect(rankCandidates({ ...options, current: 0, k: 2 })).toEqual([3, 2]);
    // From e_0 = (1, 0) to e_3 = (-2, -2): 1 - (-3).
    expect(promisedFall({ ...options, current: 0 })).toBeCloseTo(4, 12);
  });

  it('cannot be more than there are', () => {
    expect(() => checkCandidateCount(6, [1, 2, 3])).toThrow(/k must be from 1 to the 3 tokens .* got 6/);
    expect(() => checkCandidateCount(0, [1, 2, 3])).toThrow(/got 0/);
  });
});
