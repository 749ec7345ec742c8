/** BERT's and MPNet's tokenizers from vocab.txt, and the casing that their classes set. */
import { JsonPart } from './json.ts';
import { nameOf, type SpecialTokenRole } from './special-tokens.ts';
import type { TokenizerFamily } from './tokenizer-class.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';

const bertTokens = {
  unk_token: { content: '[UNK]' },
  sep_token: { content: '[SEP]' },
  pad_token: { content: '[PAD]' },
  cls_token: { content: '[CLS]' },
  mask_token: { content: '[MASK]' },
} as const;

const mpnetTokens = {
  bos_token: { content: '<s>' },
  eos_token: { content: '</s>' },
  cls_token: { content: '<s>' },
  sep_token: { content: '</s>' },
  unk_token: { content: '[UNK]' },
  pad_token: { content: '<pad>' },
  mask_token: { content: '<mask>', lstrip: true },
} as const;

/**
 * A tokenizer from vocab.txt: one token a line, its id the line's number from 0.
 * @param family Undefined: MPNet where the file has its mask token and lacks BERT's first one, else BERT.
 * @param modelConfig config.json, whose `vocab_size` tells a special token that never had a row from a lost line.
 * @throws TokenizerError for an empty file; later, through `checkNewId`, for one that lost special tokens
 */
export function wordPieceTokenizer(
  text: string,
  family: TokenizerFamily | undefined,
  config: JsonPart | undefined,
  modelConfig: JsonPart | undefined,
): TokenizerDefinition {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new TokenizerError('vocab.txt', 'the file is empty');
  const vocab: Record<string, number> = Object.fromEntries(lines.map((token, id) => [token, id]));
  const isMpnet = family ? family === 'MPNet' : !Object.hasOwn(vocab, '[CLS]') && Object.hasOwn(vocab, '<mask>');
  const special = isMpnet ? mpnetTokens : bertTokens;
  const name = (role: SpecialTokenRole & keyof typeof bertTokens): string =>
    nameOf(config, role, special[role].content);
  const [cls, sep] = [name('cls_token'), name('sep_token')];
  return {
    tokenizer: new JsonPart('vocab.txt', {
      normalizer: { type: 'BertNormalizer', clean_text: true, ...casingOf(config) },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: isMpnet
        ? { type: 'RobertaProcessing', cls: [cls], sep: [sep], trim_offsets: true, add_prefix_space: false }
        : { type: 'BertProcessing', cls: [cls], sep: [sep] },
      decoder: { type: 'WordPiece', prefix: '##' },
      model: { type: 'WordPiece', unk_token: name('unk_token'), vocab },
    }),
    special,
    checkNewId(token, id) {
      const rows = modelConfig?.value['vocab_size'];
      if (typeof rows === 'number' && rows <= id) return;
      throw new TokenizerError(
        'vocab.txt',
        `the special token ${token} is missing: lines were lost, which shifts the ids after them, or the file belongs to another model`,
      );
    },
  };
}

/** `lowercase`, `strip_accents` and `handle_chinese_chars` as the class takes them from tokenizer_config.json. */
function casingOf(config: JsonPart | undefined): Readonly<Record<string, boolean | null>> {
  return {
    lowercase: config?.boolean('do_lower_case', true) ?? true,
    strip_accents: config?.value['strip_accents'] == null ? null : config.boolean('strip_accents', false),
    handle_chinese_chars: config?.boolean('tokenize_chinese_chars', true) ?? true,
  };
}

/**
 * tokenizer.json with the casing that BERT's classes set, whatever tokenizer.json says. A normaliser of another type
 * stays: transformers 4 keeps it too (5 replaces it).
 */
export function withConfiguredCasing(tokenizer: JsonPart, config: JsonPart | undefined): JsonPart {
  const normaliser = tokenizer.part('normalizer');
  if (normaliser && normaliser.type !== 'BertNormalizer') return tokenizer;
  return new JsonPart(tokenizer.file, {
    ...tokenizer.value,
    normalizer: { type: 'BertNormalizer', ...normaliser?.value, ...casingOf(config) },
  });
}
