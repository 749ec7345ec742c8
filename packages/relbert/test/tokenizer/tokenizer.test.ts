import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/text/json.ts';
import { isLetter, isPunctuation, isWhiteSpace } from '../../src/tokenizer/character-class.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { cleanUpSpaces, cleanUpSpacesOfParts } from '../../src/tokenizer/decoder.ts';
import { TokenizerError } from '../../src/tokenizer/tokenizer-error.ts';
import type { FileContent } from '../../src/tokenizer/tokenizer-files.ts';
import { fixtureFiles, oddWords } from './golden-prompts.ts';

const files = (name: string): Record<string, FileContent> => Object.fromEntries(fixtureFiles(name).json);
const olderFiles = (name: string): Record<string, FileContent> => Object.fromEntries(fixtureFiles(name).older);
const bert = createTokenizer(files('bert-cased'));
const roberta = createTokenizer(files('roberta'));

describe('a tokenizer', () => {
  test('knows its special tokens, its size and its longest input', () => {
    expect(bert.special).toMatchObject({
      pad: { id: 0, text: '[PAD]' },
      unk: { id: 1, text: '[UNK]' },
      begin: { id: 2, text: '[CLS]' },
      end: { id: 3, text: '[SEP]' },
      mask: { id: 4, text: '[MASK]' },
    });
    expect([...bert.special.all].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(bert.vocabularySize).toBe(4000);
    expect(bert.maxLength).toBe(512);
    expect(createTokenizer(files('xlm-roberta')).special.mask).toEqual({ id: 4001, text: '<mask>' });
  });

  test('gives ids and names both ways', () => {
    const id = bert.id('the') as number;
    expect(bert.token(id)).toBe('the');
    expect(bert.id('no such token')).toBeUndefined();
    expect(bert.token(4000)).toBeUndefined();
    expect(bert.token(-1)).toBeUndefined();
  });

  test('gives the range of each token, and null for special tokens that it added', () => {
    const text = 'the dog 🗾 is';
    const { ids, offsets } = roberta.encode(text);
    expect(offsets[0]).toBeNull();
    expect(offsets.at(-1)).toBeNull();
    expect(ids).toHaveLength(offsets.length);
    const ranges = offsets.filter((range) => range !== null);
    expect(ranges[0]).toEqual([0, 2]);
    for (const [start, end] of ranges) expect(text.slice(start, end)).not.toMatch(/^\s|\s$/);
    expect(new Set(ranges.map(([start, end]) => text.slice(start, end)))).toContain('🗾');
  });

  test('takes an unpaired surrogate for U+FFFD', () => {
    for (const tokenizer of [bert, roberta]) {
      expect(tokenizer.encode('a\ud800b \udc00').ids).toEqual(tokenizer.encode('a\ufffdb \ufffd').ids);
    }
  });

  test('decodes', () => {
    expect(bert.decode(bert.encode('the dog is').ids)).toBe('[CLS] the dog is [SEP]');
    expect(bert.decode(bert.encode('the dog is').ids, { skipSpecial: true })).toBe('the dog is');
    expect(roberta.decode(roberta.encode('the naïve 🗾').ids, { skipSpecial: true })).toBe('the naïve 🗾');
    expect(roberta.decode(roberta.encode("dog 's .").ids, { skipSpecial: true })).toBe("dog 's .");
    expect(roberta.decode(roberta.encode("dog 's .").ids, { skipSpecial: true, cleanUpSpaces: true })).toBe("dog's.");
    expect(() => bert.decode([999_999])).toThrow(/there is no token 999999: ids are 0 to 3999/);
  });

  test('byte-level tokens decode to the text that they came from, whatever it is', () => {
    for (const word of oddWords) {
      if (/<(s|pad|unk|mask)>|<\/s>/.test(word)) continue;
      const { ids } = roberta.encode(word);
      expect(roberta.decode(ids, { skipSpecial: true })).toBe(word);
      expect(roberta.decodeParts(ids).join('')).toBe(`<s>${word}</s>`);
    }
  });

  test('takes ids amid a text', () => {
    const whole = roberta.encode('the <mask> of');
    const parts = roberta.encodeParts(['the', roberta.special.mask.id, ' of']);
    expect(parts.ids).toEqual(whole.ids);
    expect(parts.offsets.filter((range) => range !== null).at(-1)).toEqual([4, 6]);
  });

  test('forgets nothing when more distinct words come than it keeps', () => {
    const word = 'remembered';
    const before = bert.encode(word);
    for (let i = 0; i < 70_000; i++) bert.encode(`w${i}`);
    expect(bert.encode(word)).toEqual(before);
  });
});

describe('cleaning up spaces', () => {
  test('is the same in parts as in one', () => {
    const parts = ["I 'm", ' sure', ' ,', ' he', " 's", " ' ", 'not', " n't", '', ' . ', '?', ' !', ' ? .'];
    expect(cleanUpSpacesOfParts(parts).join('')).toBe(cleanUpSpaces(parts.join('')));
    expect(cleanUpSpacesOfParts(['a', ' .', ' b'])).toEqual(['a', '.', ' b']);
  });
});

describe('character classes', () => {
  test('are those of the reference, not of the engine', () => {
    expect([0x20, 0x85, 0xa0, 0x3000].every((point) => isWhiteSpace.has(point))).toBe(true);
    expect([0x200b, 0xfeff, 0x41].some((point) => isWhiteSpace.has(point))).toBe(false);
    expect(isPunctuation.has('$'.charCodeAt(0))).toBe(true);
    expect(isPunctuation.has('£'.charCodeAt(0))).toBe(false);
    expect(isLetter.has('語'.charCodeAt(0))).toBe(true);
    expect(new RegExp(`^[${isLetter.pattern}]+$`, 'u').test('aé語𠮷')).toBe(true);
  });
});

describe('the files', () => {
  const config = (value: object): FileContent => new TextEncoder().encode(JSON.stringify(value));

  test('may come as a Map, a record or anything with get; as bytes, text or parsed', () => {
    const json = files('bert-cased')['tokenizer.json'] as object;
    const ids = bert.encode('the naïve dog').ids;
    const text = JSON.stringify(json);
    for (const given of [
      new Map<string, FileContent>([['tokenizer.json', json]]),
      { 'tokenizer.json': text },
      { 'tokenizer.json': `\uFEFF${text}` },
      { get: (name: string) => (name === 'tokenizer.json' ? new TextEncoder().encode(text) : undefined) },
    ]) {
      expect(createTokenizer(given).encode('the naïve dog').ids).toEqual(ids);
    }
  });

  test('tokenizer_config.json decides the casing, of either form', () => {
    for (const form of [files('bert-cased'), olderFiles('bert-cased')]) {
      const bertClass = (casing: object): FileContent => config({ tokenizer_class: 'BertTokenizerFast', ...casing });
      const lower = createTokenizer({ ...form, 'tokenizer_config.json': bertClass({}) });
      const cased = createTokenizer({ ...form, 'tokenizer_config.json': bertClass({ do_lower_case: false }) });
      expect(lower.encode('The DOG').ids).toEqual(cased.encode('the dog').ids);
      expect(cased.encode('The DOG').ids).not.toEqual(cased.encode('the dog').ids);
    }
  });

  test('a vocab.txt alone is BERT, uncased, or MPNet by its special tokens', () => {
    const uncased = createTokenizer({ 'vocab.txt': olderFiles('bert-cased')['vocab.txt'] });
    expect(uncased.encode('THE').ids).toEqual(bert.encode('the').ids);
    expect(uncased.maxLength).toBeUndefined();
    const mpnet = createTokenizer({ 'vocab.txt': olderFiles('mpnet')['vocab.txt'] });
    expect(mpnet.special.mask.text).toBe('<mask>');
    expect(mpnet.encode('the').ids).toEqual(createTokenizer(files('mpnet')).encode('the').ids);
  });

  test('a vocab.txt saved on Windows is read the same', () => {
    const text = new TextDecoder().decode(olderFiles('bert-cased')['vocab.txt'] as Uint8Array);
    const tokenizer = createTokenizer({ 'vocab.txt': text.replaceAll('\n', '\r\n') });
    expect(tokenizer.vocabularySize).toBe(4000);
    expect(tokenizer.encode('the dog').ids).toEqual(bert.encode('the dog').ids);
  });

  test('the mask takes the space before it along where no file describes it', () => {
    const { 'vocab.json': vocab, 'merges.txt': merges } = olderFiles('roberta');
    const tokenizer = createTokenizer({ 'vocab.json': vocab, 'merges.txt': merges });
    expect(tokenizer.encode('the <mask> of').ids).toEqual(roberta.encode('the <mask> of').ids);
  });

  test('special tokens of other names are taken from the configuration', () => {
    const text = new TextDecoder().decode(olderFiles('bert-cased')['vocab.txt'] as Uint8Array);
    const tokenizer = createTokenizer({
      'vocab.txt': text.replace('[MASK]', '[BLANK]').replace('[CLS]', '[START]'),
      'tokenizer_config.json': config({ mask_token: { content: '[BLANK]' }, cls_token: '[START]' }),
    });
    expect(tokenizer.special.mask).toEqual({ id: 4, text: '[BLANK]' });
    expect(tokenizer.encode('[BLANK]').ids).toEqual([2, 4, 3]);
  });

  test('added tokens get ids after the vocabulary', () => {
    const tokenizer = createTokenizer({
      ...olderFiles('bert-cased'),
      'added_tokens.json': config({ '<new>': 4000 }),
      'tokenizer_config.json': config({ additional_special_tokens: ['<rel>'] }),
    });
    expect(tokenizer.vocabularySize).toBe(4002);
    expect(tokenizer.encode('a<new> <rel>').ids.slice(-3)).toEqual([4000, 4001, 3]);
    expect(tokenizer.special.all.has(4001)).toBe(true);
    expect(tokenizer.special.all.has(4000)).toBe(false);
  });
});

describe('files that cannot be used are named', () => {
  const json = files('bert-cased')['tokenizer.json'] as JsonObject;
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  const model = json['model'] as JsonObject;
  const spiece = olderFiles('albert')['spiece.model'] as Uint8Array;

  test.each<[string, Record<string, FileContent>, RegExp]>([
    ['none at all', {}, /there is no tokenizer: expected tokenizer\.json, vocab\.txt/],
    ['an empty tokenizer.json', { 'tokenizer.json': bytes() }, /^tokenizer\.json: the file is empty/],
    ['garbage', { 'tokenizer.json': '{"model": ' }, /^tokenizer\.json: not JSON/],
    ['no UTF-8', { 'tokenizer.json': bytes(0x7b, 0xff, 0x7d) }, /^tokenizer\.json: not valid UTF-8/],
    ['a list', { 'tokenizer.json': '[1]' }, /^tokenizer\.json: expected a JSON object, got \[1\]/],
    ['no model', { 'tokenizer.json': {} }, /^tokenizer\.json: there is no "model"/],
    [
      'an unknown model',
      { 'tokenizer.json': { ...json, model: { type: 'WordLevel', vocab: {} } } },
      /, model: the model "WordLevel" is not supported; supported are WordPiece, BPE, Unigram/,
    ],
    [
      'an empty vocabulary',
      { 'tokenizer.json': { ...json, model: { ...model, vocab: {} } } },
      /model: the vocabulary is empty/,
    ],
    [
      'ids that are none',
      { 'tokenizer.json': { ...json, model: { ...model, vocab: { a: 'x' } } } },
      /the id of the token "a" is "x"/,
    ],
    [
      'no unknown token',
      { 'tokenizer.json': { ...json, model: { ...model, vocab: { a: 0 } } } },
      /unknown token "\[UNK\]" is not in the vocabulary/,
    ],
    [
      'an unknown normaliser',
      { 'tokenizer.json': { ...json, normalizer: { type: 'Sequence', normalizers: [{ type: 'Reverse' }] } } },
      /, normalizer\.normalizers\[0\]: the normaliser "Reverse" is not supported; supported are BertNormalizer/,
    ],
    [
      'an unknown pre-tokeniser',
      { 'tokenizer.json': { ...json, pre_tokenizer: { type: 'X' } } },
      /the pre-tokeniser "X" is not supported/,
    ],
    [
      'a damaged charsmap',
      { 'tokenizer.json': { ...json, normalizer: { type: 'Precompiled', precompiled_charsmap: '////' } } },
      /precompiled_charsmap is damaged/,
    ],
    [
      'no special tokens',
      { 'tokenizer.json': { model: { type: 'WordPiece', vocab: { '[UNK]': 0 } } } },
      /there is no mask token/,
    ],
    ['an empty vocab.txt', { 'vocab.txt': '' }, /^vocab\.txt: the file is empty/],
    [
      'a vocab.txt of a foreign class',
      { 'vocab.txt': 'a\n', 'tokenizer_config.json': { tokenizer_class: 'CTRLTokenizer' } },
      /class CTRLTokenizer is not supported/,
    ],
    ['vocab.json alone', { 'vocab.json': '{}' }, /^merges\.txt: the file is missing beside vocab\.json/],
    ['merges.txt alone', { 'merges.txt': '' }, /^vocab\.json: the file is missing/],
    [
      'a broken merge',
      { 'vocab.json': '{"a":0}', 'merges.txt': '#version: 0.2\na b c\n' },
      /^merges\.txt: line 2 should be two tokens/,
    ],
    ['an empty spiece.model', { 'spiece.model': bytes() }, /^spiece\.model: the file is empty/],
    [
      'a spiece.model of garbage',
      { 'spiece.model': bytes(0xff, 0xff, 0xff) },
      /^spiece\.model: not a SentencePiece model/,
    ],
    [
      'a truncated spiece.model',
      { 'spiece.model': spiece.subarray(0, 1000) },
      /^spiece\.model: not a SentencePiece model/,
    ],
    [
      'a model of a foreign class',
      { 'spiece.model': spiece, 'tokenizer_config.json': { tokenizer_class: 'XLNetTokenizer' } },
      /class XLNetTokenizer is not supported/,
    ],
  ])('%s', (_, given, message) => {
    expect(() => createTokenizer(given)).toThrow(TokenizerError);
    expect(() => createTokenizer(given)).toThrow(message);
  });
});
