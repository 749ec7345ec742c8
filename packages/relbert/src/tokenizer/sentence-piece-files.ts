import { fairseqSpecialTokens } from './byte-level-files.ts';
import { JsonPart } from './json.ts';
import { parseSentencePieceModel, type SentencePieceModel } from './sentence-piece-model.ts';
import { nameOf } from './special-tokens.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** ALBERT's tokenizer from spiece.model, XLM-RoBERTa's from sentencepiece.bpe.model. */
export function sentencePieceTokenizer(
  file: string,
  bytes: Uint8Array,
  config: JsonPart | undefined,
): TokenizerDefinition {
  const model = parseSentencePieceModel(file, bytes);
  if (model.modelType !== 'unigram') {
    throw new TokenizerError(
      file,
      `a SentencePiece model of the type ${model.modelType} is not supported, only unigram`,
    );
  }
  if (model.byteFallback) throw new TokenizerError(file, 'a SentencePiece model with byte fallback is not supported');
  return familyOf(file, model, config) === 'ALBERT' ? albert(file, model, config) : xlmRoberta(file, model, config);
}

function albert(file: string, model: SentencePieceModel, config: JsonPart | undefined): TokenizerDefinition {
  const keepAccents = config?.boolean('keep_accents', false) ?? false;
  const lower = config?.boolean('do_lower_case', true) ?? true;
  return {
    tokenizer: new JsonPart(file, {
      // Pieces that the user defined stand by themselves wherever they occur.
      added_tokens: model.pieces.flatMap(({ text, type }, id) =>
        type === 'control' || type === 'userDefined'
          ? [{ id, content: text, special: type === 'control', normalized: false }]
          : [],
      ),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Replace', pattern: { String: '``' }, content: '"' },
          { type: 'Replace', pattern: { String: "''" }, content: '"' },
          ...(keepAccents ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
          ...(lower ? [{ type: 'Lowercase' }] : []),
          ...precompiled(model),
        ],
      },
      ...metaspace(config),
      post_processor: between(nameOf(config, 'cls_token', '[CLS]'), nameOf(config, 'sep_token', '[SEP]')),
      model: {
        type: 'Unigram',
        unk_id: model.unknownId,
        // ALBERT never takes a digit and a comma as one piece.
        vocab: model.pieces.map(({ text, score }) => [text, /\p{Nd},$/u.test(text) ? score - 100 : score]),
      },
    }),
    special: {
      bos_token: { content: '[CLS]' },
      eos_token: { content: '[SEP]' },
      unk_token: { content: '<unk>' },
      sep_token: { content: '[SEP]' },
      pad_token: { content: '<pad>' },
      cls_token: { content: '[CLS]' },
      mask_token: { content: '[MASK]', lstrip: true },
    },
  };
}

/** Ids as in fairseq: four special tokens first in place of the model's own three, the mask last. */
function xlmRoberta(file: string, model: SentencePieceModel, config: JsonPart | undefined): TokenizerDefinition {
  const begin = nameOf(config, 'bos_token', '<s>');
  const end = nameOf(config, 'eos_token', '</s>');
  const vocab = [
    ...[begin, nameOf(config, 'pad_token', '<pad>'), end, nameOf(config, 'unk_token', '<unk>')].map((name) => [
      name,
      0,
    ]),
    ...model.pieces.slice(3).map(({ text, score }) => [text, score]),
    [nameOf(config, 'mask_token', '<mask>'), 0],
  ];
  return {
    tokenizer: new JsonPart(file, {
      added_tokens: model.pieces.flatMap(({ text, type }, i) =>
        i >= 3 && (type === 'control' || type === 'userDefined')
          ? [{ id: i + 1, content: text, special: type === 'control', normalized: false }]
          : [],
      ),
      normalizer: { type: 'Sequence', normalizers: precompiled(model) },
      ...metaspace(config),
      post_processor: between(begin, end),
      model: { type: 'Unigram', unk_id: 3, vocab },
    }),
    special: fairseqSpecialTokens,
  };
}

function precompiled({ charsmap }: SentencePieceModel): object[] {
  if (charsmap.length === 0) return [];
  let binary = '';
  for (let at = 0; at < charsmap.length; at += 8192) {
    binary += String.fromCharCode(...charsmap.subarray(at, at + 8192));
  }
  return [{ type: 'Precompiled', precompiled_charsmap: btoa(binary) }];
}

function metaspace(config: JsonPart | undefined): { pre_tokenizer: object; decoder: object } {
  const scheme = (config?.boolean('add_prefix_space', true) ?? true) ? 'always' : 'never';
  const part = { type: 'Metaspace', replacement: '\u2581', prepend_scheme: scheme, split: true };
  return { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, part] }, decoder: part };
}

function between(begin: string, end: string): object {
  return {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: begin } }, { Sequence: { id: 'A' } }, { SpecialToken: { id: end } }],
  };
}

function familyOf(file: string, model: SentencePieceModel, config: JsonPart | undefined): 'ALBERT' | 'XLM-RoBERTa' {
  const name = String(config?.value['tokenizer_class'] ?? '').replace(/Fast$/, '');
  if (name === 'AlbertTokenizer') return 'ALBERT';
  if (name === 'XLMRobertaTokenizer') return 'XLM-RoBERTa';
  if (name !== '' && !/^(PreTrainedTokenizer|TokenizersBackend)$/.test(name)) {
    throw new TokenizerError(
      file,
      `a SentencePiece model of the class ${name} is not supported; it is for AlbertTokenizer and XLMRobertaTokenizer`,
    );
  }
  return model.pieces.some(({ text }) => text === '[CLS]') ? 'ALBERT' : 'XLM-RoBERTa';
}
