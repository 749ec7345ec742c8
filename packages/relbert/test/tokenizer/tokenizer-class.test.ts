import { describe, expect, test } from 'vitest';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import type { FileContent } from '../../src/tokenizer/tokenizer-files.ts';
import { fixtureFiles } from './golden-prompts.ts';

const words = '[PAD] [UNK] [CLS] [SEP] [MASK] tokyo japan Tokyo Japan café cafe Café word 東 京 東京'.split(' ');
const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
const roles = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' };

/** tokenizer.json as BertWordPieceTokenizer of HuggingFace tokenizers writes it. */
function bertJson(lowercase: boolean): object {
  return {
    added_tokens: [],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    model: { type: 'WordPiece', unk_token: '[UNK]', vocab },
  };
}

const text = 'Tokyo Café 東京';
const ids = (files: Record<string, FileContent>): readonly number[] => createTokenizer(files).encode(text).ids;

describe('the tokenizer class', () => {
  // Ids by transformers 4.57 and 5.24, which agree.
  const cased = [2, 7, 11, 13, 14, 3];
  const uncased = [2, 5, 10, 13, 14, 3];
  const cases: [config: object, lowercase: boolean, expected: number[]][] = [
    [{ tokenizer_class: 'BertTokenizer' }, false, uncased],
    [{ tokenizer_class: 'DistilBertTokenizerFast', do_lower_case: false }, true, cased],
    [{ tokenizer_class: 'ElectraTokenizer', do_lower_case: true, strip_accents: false }, false, [2, 5, 9, 13, 14, 3]],
    [
      { tokenizer_class: 'BertTokenizer', do_lower_case: false, tokenize_chinese_chars: false },
      true,
      [2, 7, 11, 15, 3],
    ],
    [{ tokenizer_class: 'MPNetTokenizer' }, false, uncased],
    [{ tokenizer_class: 'PreTrainedTokenizerFast' }, false, cased],
    [{ tokenizer_class: 'PreTrainedTokenizerFast', do_lower_case: false }, true, uncased],
    [{ tokenizer_class: 'TokenizersBackend', do_lower_case: true }, false, cased],
  ];
  test.each(cases)('%j over lowercase: %j of tokenizer.json', (config, lowercase, expected) => {
    const files = { 'tokenizer.json': bertJson(lowercase), 'tokenizer_config.json': { ...roles, ...config } };
    expect(ids(files)).toEqual(expected);
  });

  test('stands in tokenizer_config.json, else in config.json, else follows from the model type', () => {
    const json = { 'tokenizer.json': bertJson(false), 'tokenizer_config.json': roles };
    expect(ids({ ...json, 'config.json': { model_type: 'bert' } })).toEqual(uncased);
    expect(ids({ ...json, 'config.json': { model_type: 'electra' } })).toEqual(uncased);
    expect(ids({ ...json, 'config.json': { model_type: 'modernbert' } })).toEqual(cased);
    const fast = { model_type: 'bert', tokenizer_class: 'PreTrainedTokenizerFast' };
    expect(ids({ ...json, 'config.json': fast })).toEqual(cased);
    const named = { ...roles, tokenizer_class: 'BertTokenizer' };
    expect(ids({ ...json, 'config.json': fast, 'tokenizer_config.json': named })).toEqual(uncased);
    expect(ids(json)).toEqual(cased);
  });

  test('sets the casing of a tokenizer.json without a normaliser, and leaves another normaliser alone', () => {
    const config = { ...roles, tokenizer_class: 'BertTokenizer' };
    const json = bertJson(true);
    expect(ids({ 'tokenizer.json': { ...json, normalizer: null }, 'tokenizer_config.json': config })).toEqual(uncased);
    const nfc = { ...json, normalizer: { type: 'NFC' } };
    expect(ids({ 'tokenizer.json': nfc, 'tokenizer_config.json': config })).toEqual([2, 7, 11, 15, 3]);
  });

  test("of RoBERTa sets the space before the first word, PreTrainedTokenizerFast doesn't", () => {
    const json = fixtureFiles('roberta').json.get('tokenizer.json') as Record<string, object>;
    const spaced = { ...json, pre_tokenizer: { ...json['pre_tokenizer'], add_prefix_space: true } };
    const first = (tokenizer: object, config: object): string | undefined => {
      const made = createTokenizer({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config });
      return made.token(made.encode('Tokyo').ids[1] as number);
    };
    expect(first(spaced, { tokenizer_class: 'RobertaTokenizer' })).toBe('T');
    expect(first(json, { tokenizer_class: 'RobertaTokenizerFast', add_prefix_space: true })).toBe('ĠT');
    expect(first(spaced, { tokenizer_class: 'PreTrainedTokenizerFast' })).toBe('ĠT');
  });

  test.each<[Record<string, FileContent>, RegExp]>([
    [
      {
        'vocab.txt': words.join('\n'),
        'config.json': { model_type: 'bert', tokenizer_class: 'BertJapaneseTokenizer' },
      },
      /^config\.json: the tokenizer class BertJapaneseTokenizer is not supported; supported are BertTokenizer, /,
    ],
    [
      { 'tokenizer.json': bertJson(true), 'tokenizer_config.json': { tokenizer_class: 'XLNetTokenizerFast' } },
      /^tokenizer_config\.json: the tokenizer class XLNetTokenizerFast is not supported/,
    ],
    [
      { 'vocab.txt': 'a\n', 'bpe.codes': 'a b 1', 'config.json': { tokenizer_class: 'BertweetTokenizer' } },
      /^config\.json: the tokenizer class BertweetTokenizer is not supported/,
    ],
    [
      { 'vocab.txt': 'a\n', 'bpe.codes': 'a b 1' },
      /^bpe\.codes: the tokenizers of BERTweet and PhoBERT are not supported/,
    ],
    [
      { 'vocab.txt': 'a\n', 'config.json': { model_type: 'roberta' } },
      /there is no tokenizer for RobertaTokenizer: expected tokenizer\.json, vocab\.json with merges\.txt beside/,
    ],
    [
      { 'vocab.txt': 'a\n', 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } },
      /there is no tokenizer for PreTrainedTokenizerFast: expected tokenizer\.json beside/,
    ],
    [
      { 'vocab.txt': 'a\n', 'tokenizer_config.json': { tokenizer_class: 7 } },
      /"tokenizer_class" should be a string, got 7/,
    ],
  ])('that is not supported is refused by its name: %#', (files, message) => {
    expect(() => createTokenizer(files)).toThrow(message);
  });
});

describe('ids', () => {
  const json = bertJson(false) as { model: object };
  const refused: [string, object, RegExp][] = [
    ['negative', { model: { ...json.model, vocab: { ...vocab, x: -1 } } }, /the id of the token "x" is -1/],
    ['not whole', { model: { ...json.model, vocab: { ...vocab, x: 1.5 } } }, /the id of the token "x" is 1\.5/],
    ['negative, of an added token', { added_tokens: [{ id: -3, content: '<r>' }] }, /the id of the token "<r>" is -3/],
    [
      'of an added token that the vocabulary gives another id',
      { added_tokens: [{ id: 9, content: '[MASK]' }] },
      /added_tokens\[0\]: the token "\[MASK\]" has the id 9 here and 4 elsewhere/,
    ],
    [
      "of an added token that is another token's",
      { added_tokens: [{ id: 6, content: '<r>' }] },
      /the tokens "<r>" and "japan" have the same id 6/,
    ],
    [
      'of a word without a length',
      { model: { ...json.model, max_input_chars_per_word: -5 } },
      /"max_input_chars_per_word" should be a whole number from 0, got -5/,
    ],
  ];
  test.each(refused)('%s are refused', (_, patch, message) => {
    const files = { 'tokenizer.json': { ...json, ...patch }, 'tokenizer_config.json': roles };
    expect(() => createTokenizer(files)).toThrow(message);
  });

  test.each(['[PAD]', '[CLS]', '[SEP]', '[MASK]'])(
    'a vocab.txt that lost %s is refused where ids would shift',
    (lost) => {
      const left = words.filter((word) => word !== lost);
      const files = (rows: number): Record<string, FileContent> => ({
        'vocab.txt': left.join('\n'),
        'config.json': { model_type: 'bert', vocab_size: rows },
      });
      expect(() => createTokenizer(files(words.length))).toThrow(`vocab.txt: the special token ${lost} is missing`);
      expect(() => createTokenizer({ 'vocab.txt': left.join('\n') })).toThrow(`the special token ${lost} is missing`);
      // The table has no row for it: nothing was lost, and the token gets the id that transformers gives it.
      expect(createTokenizer(files(left.length)).id(lost)).toBe(left.length);
      const added = { ...files(words.length), 'added_tokens.json': { [lost]: left.length } };
      expect(createTokenizer(added).id(lost)).toBe(left.length);
    },
  );
});

describe('BPE', () => {
  const bpe = (model: object, more: object = {}) =>
    createTokenizer({
      'tokenizer.json': { model: { type: 'BPE', ...model }, ...more },
      'tokenizer_config.json': roles,
    });
  const letters = { '[UNK]': 0, '[PAD]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4, a: 5, b: 6, ab: 7 };

  test('without an unknown token drops unknown characters before it merges', () => {
    // tokenizers 0.23: [7, 5]
    expect(bpe({ vocab: letters, merges: ['a b'] }).encode('axba').ids).toEqual([7, 5]);
    expect(bpe({ vocab: letters, merges: [['a', 'b']], unk_token: '[UNK]' }).encode('axba').ids).toEqual([5, 0, 6, 5]);
  });

  test('marks the end of a word', () => {
    const vocabulary = { ...letters, 'a</w>': 8, 'b</w>': 9, 'ab</w>': 10 };
    const tokenizer = bpe(
      { vocab: vocabulary, merges: ['a b</w>', 'a b'], unk_token: '[UNK]', end_of_word_suffix: '</w>' },
      { pre_tokenizer: { type: 'BertPreTokenizer' }, decoder: { type: 'BPEDecoder', suffix: '</w>' } },
    );
    const { ids, offsets } = tokenizer.encode('ab aba x');
    expect(ids).toEqual([10, 7, 8, 0]);
    expect(offsets).toEqual([
      [0, 2],
      [3, 5],
      [5, 6],
      [7, 8],
    ]);
    expect(tokenizer.decode([10, 7, 8])).toBe('ab aba');
  });

  test('refuses merges of tokens that are not in the vocabulary', () => {
    expect(() => bpe({ vocab: letters, merges: ['a c'] })).toThrow('merges[0] needs the token "c"');
    expect(() => bpe({ vocab: letters, merges: ['b a'] })).toThrow('merges[0] needs the token "ba"');
  });
});

describe('Metaspace "first"', () => {
  test('puts its mark only where the first character of the text follows', () => {
    const pieces = [
      ['<unk>', 0],
      ['[PAD]', 0],
      ['[CLS]', 0],
      ['[SEP]', 0],
      ['[MASK]', 0],
      ['▁', -1],
      ['a', -1],
      ['▁a', -1],
    ];
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true };
    const tokenizer = createTokenizer({
      'tokenizer.json': {
        pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
        model: { type: 'Unigram', unk_id: 0, vocab: pieces },
      },
      'tokenizer_config.json': roles,
    });
    expect(tokenizer.encode('a').ids).toEqual([7]);
    // tokenizers 0.23: the words do not start at the first character.
    expect(tokenizer.encode(' a a').ids).toEqual([6, 6]);
  });
});
