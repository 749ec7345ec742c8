/** Tokenizers from vocab.json (ids by token) and merges.txt (two tokens a line, most frequent first). */
import { JsonPart } from './json.ts';
import { nameOf } from './special-tokens.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';
import type { FileSet } from './tokenizer-files.ts';

/** RoBERTa's tokenizer. */
export function byteLevelTokenizer(files: FileSet, config: JsonPart | undefined): TokenizerDefinition {
  const { add_prefix_space, trim_offsets } = prefixSpaceOf(config);
  return {
    tokenizer: new JsonPart('vocab.json', {
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space },
      post_processor: {
        type: 'RobertaProcessing',
        cls: [nameOf(config, 'cls_token', '<s>')],
        sep: [nameOf(config, 'sep_token', '</s>')],
        trim_offsets,
        add_prefix_space,
      },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', ...vocabularyOf(files) },
    }),
    special: fairseqSpecialTokens,
  };
}

/** HerBERT's tokenizer: words as BERT cuts them, BPE that marks the end of a word. */
export function herbertTokenizer(files: FileSet, config: JsonPart | undefined): TokenizerDefinition {
  const [cls, sep] = [nameOf(config, 'cls_token', '<s>'), nameOf(config, 'sep_token', '</s>')];
  return {
    tokenizer: new JsonPart('vocab.json', {
      normalizer: { type: 'BertNormalizer', lowercase: false, strip_accents: false },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: { type: 'BertProcessing', cls: [cls], sep: [sep] },
      decoder: { type: 'BPEDecoder', suffix: '</w>' },
      model: {
        type: 'BPE',
        ...vocabularyOf(files),
        unk_token: nameOf(config, 'unk_token', '<unk>'),
        end_of_word_suffix: '</w>',
      },
    }),
    special: {
      unk_token: { content: '<unk>' },
      sep_token: { content: '</s>' },
      pad_token: { content: '<pad>' },
      cls_token: { content: '<s>' },
      mask_token: { content: '<mask>' },
    },
  };
}

/**
 * tokenizer.json with the settings that RoBERTa's class overrides: `add_prefix_space` (default false) and
 * `trim_offsets` (default true) of tokenizer_config.json.
 */
export function withConfiguredPrefixSpace(tokenizer: JsonPart, config: JsonPart | undefined): JsonPart {
  const { add_prefix_space, trim_offsets } = prefixSpaceOf(config);
  const before = tokenizer.part('pre_tokenizer');
  const after = tokenizer.part('post_processor');
  return new JsonPart(tokenizer.file, {
    ...tokenizer.value,
    ...(before?.type === 'ByteLevel' && { pre_tokenizer: { ...before.value, add_prefix_space } }),
    ...((after?.type === 'RobertaProcessing' || after?.type === 'ByteLevel') && {
      post_processor: { ...after.value, add_prefix_space, trim_offsets },
    }),
  });
}

function prefixSpaceOf(config: JsonPart | undefined): { add_prefix_space: boolean; trim_offsets: boolean } {
  return {
    add_prefix_space: config?.boolean('add_prefix_space', false) ?? false,
    trim_offsets: config?.boolean('trim_offsets', true) ?? true,
  };
}

function vocabularyOf(files: FileSet): { vocab: object; merges: string[][] } {
  const vocabulary = files.json('vocab.json');
  if (!vocabulary) throw new TokenizerError('vocab.json', 'the file is missing beside merges.txt');
  const lines = files.text('merges.txt')?.split(/\r\n|\n|\r/);
  if (!lines) throw new TokenizerError('merges.txt', 'the file is missing beside vocab.json');
  const merges = lines.flatMap((line, i) => {
    if (line === '' || line.startsWith('#version')) return [];
    const sides = line.split(' ');
    if (sides.length === 2) return [sides];
    throw new TokenizerError(
      'merges.txt',
      `line ${i + 1} should be two tokens separated by a space, got ${JSON.stringify(line)}`,
    );
  });
  return { vocab: vocabulary.value, merges };
}

/**
 * Special tokens of RoBERTa, XLM-RoBERTa and CamemBERT. The mask includes the space before it, as in the tokenizer.json
 * that these models are published with. (Transformers 5 loses this for RoBERTa where only older files exist and none
 * describes the mask: a token for the space then stands before the mask.)
 */
export const fairseqSpecialTokens = {
  bos_token: { content: '<s>' },
  eos_token: { content: '</s>' },
  unk_token: { content: '<unk>' },
  sep_token: { content: '</s>' },
  pad_token: { content: '<pad>' },
  cls_token: { content: '<s>' },
  mask_token: { content: '<mask>', lstrip: true },
} as const;
