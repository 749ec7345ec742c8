import { JsonPart } from './json.ts';
import { nameOf } from './special-tokens.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';
import type { FileSet } from './tokenizer-files.ts';

/** RoBERTa's tokenizer from vocab.json (ids by token) and merges.txt (two tokens a line, most frequent first). */
export function byteLevelTokenizer(files: FileSet, config: JsonPart | undefined): TokenizerDefinition {
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
      `line ${i + 1} should be two tokens with a space between: ${JSON.stringify(line)}`,
    );
  });
  const prefixSpace = config?.boolean('add_prefix_space', false) ?? false;
  const trim = config?.boolean('trim_offsets', true) ?? true;
  return {
    tokenizer: new JsonPart('vocab.json', {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: prefixSpace },
      post_processor: {
        type: 'RobertaProcessing',
        cls: [nameOf(config, 'cls_token', '<s>')],
        sep: [nameOf(config, 'sep_token', '</s>')],
        trim_offsets: trim,
        add_prefix_space: prefixSpace,
      },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: vocabulary.value, merges },
    }),
    special: fairseqSpecialTokens,
  };
}

/**
 * Special tokens of RoBERTa and XLM-RoBERTa. The mask takes the space before it along: so were the models trained,
 * so says the tokenizer.json that they are published with. (Transformers 5 forgets it where only the older files
 * are there and none describes the mask; then a token for the space stands before the mask.)
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
