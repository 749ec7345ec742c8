import { JsonPart } from './json.ts';
import { nameOf } from './special-tokens.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** BERT's or MPNet's tokenizer from vocab.txt: one token a line, its id the number of the line from 0. */
export function wordPieceTokenizer(text: string, config: JsonPart | undefined): TokenizerDefinition {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new TokenizerError('vocab.txt', 'the file is empty');
  const vocab: Record<string, number> = Object.fromEntries(lines.map((token, id) => [token, id]));
  const family = familyOf(config, vocab);
  const [begin, end] = family === 'MPNet' ? (['<s>', '</s>'] as const) : (['[CLS]', '[SEP]'] as const);
  const [cls, sep] = [nameOf(config, 'cls_token', begin), nameOf(config, 'sep_token', end)];
  return {
    tokenizer: new JsonPart('vocab.txt', {
      added_tokens: [],
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: config?.boolean('tokenize_chinese_chars', true) ?? true,
        strip_accents: config?.value['strip_accents'] ?? null,
        lowercase: config?.boolean('do_lower_case', true) ?? true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor:
        family === 'MPNet'
          ? { type: 'RobertaProcessing', cls: [cls], sep: [sep], trim_offsets: true, add_prefix_space: false }
          : {
              type: 'TemplateProcessing',
              single: [{ SpecialToken: { id: cls } }, { Sequence: { id: 'A' } }, { SpecialToken: { id: sep } }],
            },
      decoder: { type: 'WordPiece', prefix: '##' },
      model: { type: 'WordPiece', unk_token: nameOf(config, 'unk_token', '[UNK]'), vocab },
    }),
    special:
      family === 'MPNet'
        ? {
            bos_token: { content: '<s>' },
            eos_token: { content: '</s>' },
            cls_token: { content: '<s>' },
            sep_token: { content: '</s>' },
            unk_token: { content: '[UNK]' },
            pad_token: { content: '<pad>' },
            mask_token: { content: '<mask>', lstrip: true },
          }
        : {
            unk_token: { content: '[UNK]' },
            sep_token: { content: '[SEP]' },
            pad_token: { content: '[PAD]' },
            cls_token: { content: '[CLS]' },
            mask_token: { content: '[MASK]' },
          },
  };
}

/** tokenizer.json with the casing that tokenizer_config.json asks for, where it says so. */
export function withConfiguredCasing(tokenizer: JsonPart, config: JsonPart | undefined): JsonPart {
  const normaliser = tokenizer.part('normalizer');
  if (normaliser?.type !== 'BertNormalizer' || !config) return tokenizer;
  const settings: Record<string, unknown> = {};
  const names = {
    do_lower_case: 'lowercase',
    strip_accents: 'strip_accents',
    tokenize_chinese_chars: 'handle_chinese_chars',
  };
  for (const [name, own] of Object.entries(names)) {
    if (name in config.value) settings[own] = config.value[name];
  }
  return new JsonPart(tokenizer.file, { ...tokenizer.value, normalizer: { ...normaliser.value, ...settings } });
}

function familyOf(config: JsonPart | undefined, vocab: Readonly<Record<string, number>>): 'BERT' | 'MPNet' {
  const name = String(config?.value['tokenizer_class'] ?? '').replace(/Fast$/, '');
  if (name === 'MPNetTokenizer') return 'MPNet';
  if (/^(Bert|DistilBert|Electra)Tokenizer$/.test(name)) return 'BERT';
  if (name !== '' && !/^(PreTrainedTokenizer|TokenizersBackend)$/.test(name)) {
    throw new TokenizerError(
      'vocab.txt',
      `a vocab.txt of the class ${name} is not supported; it is for BertTokenizer, DistilBertTokenizer and MPNetTokenizer`,
    );
  }
  return !Object.hasOwn(vocab, '[CLS]') && Object.hasOwn(vocab, '<mask>') ? 'MPNet' : 'BERT';
}
