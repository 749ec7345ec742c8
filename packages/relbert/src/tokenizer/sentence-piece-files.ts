/** Tokenizers from a SentencePiece model: ALBERT, CamemBERT, DeBERTa-v2 and v3, XLM-RoBERTa. */
import { fairseqSpecialTokens } from './byte-pair-files.ts';
import { JsonPart } from './json.ts';
import { parseSentencePieceModel, type SentencePieceModel } from './sentence-piece-model.ts';
import { nameOf } from './special-tokens.ts';
import type { TokenizerFamily } from './tokenizer-class.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';

/**
 * @param family Undefined: DeBERTa-v2 for spm.model; else ALBERT where [CLS] is a piece; else XLM-RoBERTa.
 * @throws TokenizerError for a damaged model, and for one that is not a unigram model without byte fallback
 */
export function sentencePieceTokenizer(
  file: string,
  bytes: Uint8Array,
  family: TokenizerFamily | undefined,
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
  const found = family ?? guessedFamily(file, model);
  if (found === 'ALBERT') return albert(file, model, config);
  if (found === 'DeBERTa-v2') return deberta(file, model, config);
  return fairseq(file, model, config, found === 'CamemBERT');
}

function guessedFamily(file: string, model: SentencePieceModel): TokenizerFamily {
  if (file === 'spm.model') return 'DeBERTa-v2';
  return model.pieces.some(({ text }) => text === '[CLS]') ? 'ALBERT' : 'XLM-RoBERTa';
}

function albert(file: string, model: SentencePieceModel, config: JsonPart | undefined): TokenizerDefinition {
  const keepAccents = config?.boolean('keep_accents', false) ?? false;
  const lower = config?.boolean('do_lower_case', true) ?? true;
  return {
    tokenizer: new JsonPart(file, {
      added_tokens: addedPieces(model, 0, 0),
      normalizer: sequence(
        { type: 'Replace', pattern: { String: '``' }, content: '"' },
        { type: 'Replace', pattern: { String: "''" }, content: '"' },
        ...(keepAccents ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
        ...(lower ? [{ type: 'Lowercase' }] : []),
        ...precompiled(model),
      ),
      ...spacedWords(config),
      post_processor: between(nameOf(config, 'cls_token', '[CLS]'), nameOf(config, 'sep_token', '[SEP]')),
      model: {
        type: 'Unigram',
        unk_id: model.unknownId,
        // ALBERT never takes a digit and a comma as one piece.
        vocab: model.pieces.map(({ text, score }) => [text, /\p{Nd},$/u.test(text) ? score - 100 : score]),
      },
    }),
    special: {
      ...bracketTokens,
      unk_token: { content: '<unk>' },
      pad_token: { content: '<pad>' },
      mask_token: { content: '[MASK]', lstrip: true },
    },
  };
}

/** Ids are those of the pieces; the mask comes after them. */
function deberta(file: string, model: SentencePieceModel, config: JsonPart | undefined): TokenizerDefinition {
  const lower = config?.boolean('do_lower_case', false) ?? false;
  const punctuation = config?.boolean('split_by_punct', false) ?? false;
  const space = metaspace((config?.boolean('add_prefix_space', true) ?? true) ? 'always' : 'first');
  return {
    tokenizer: new JsonPart(file, {
      added_tokens: addedPieces(model, 0, 0),
      normalizer: sequence(...(lower ? [{ type: 'Lowercase' }] : []), { type: 'Strip' }, ...precompiled(model), {
        type: 'Replace',
        pattern: { Regex: ' {2,}' },
        content: ' ',
      }),
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [...(punctuation ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []), space],
      },
      decoder: space,
      post_processor: between(nameOf(config, 'cls_token', '[CLS]'), nameOf(config, 'sep_token', '[SEP]')),
      model: { type: 'Unigram', unk_id: model.unknownId, vocab: model.pieces.map(({ text, score }) => [text, score]) },
    }),
    special: {
      ...bracketTokens,
      unk_token: { content: '[UNK]' },
      pad_token: { content: '[PAD]' },
      mask_token: { content: '[MASK]' },
    },
  };
}

/**
 * XLM-RoBERTa and CamemBERT, with ids as in fairseq. XLM-RoBERTa: four special tokens instead of the model's first
 * three pieces. CamemBERT: five tokens instead of the model's first piece, three of them never used. The mask is last.
 */
function fairseq(
  file: string,
  model: SentencePieceModel,
  config: JsonPart | undefined,
  camembert: boolean,
): TokenizerDefinition {
  const begin = nameOf(config, 'bos_token', '<s>');
  const end = nameOf(config, 'eos_token', '</s>');
  const pad = nameOf(config, 'pad_token', '<pad>');
  const unknown = nameOf(config, 'unk_token', '<unk>');
  const first = camembert
    ? [
        ['<s>NOTUSED', 0],
        [pad, 0],
        ['</s>NOTUSED', 0],
        [unknown, 0],
        ['<unk>NOTUSED', -100],
      ]
    : [
        [begin, 0],
        [pad, 0],
        [end, 0],
        [unknown, 0],
      ];
  const skipped = camembert ? 1 : 3;
  return {
    tokenizer: new JsonPart(file, {
      added_tokens: addedPieces(model, skipped, first.length - skipped),
      normalizer: sequence(...precompiled(model)),
      ...spacedWords(config),
      post_processor: between(begin, end),
      model: {
        type: 'Unigram',
        unk_id: 3,
        vocab: [
          ...first,
          ...model.pieces.slice(skipped).map(({ text, score }) => [text, score]),
          [nameOf(config, 'mask_token', '<mask>'), 0],
        ],
      },
    }),
    special: fairseqSpecialTokens,
  };
}

const bracketTokens = {
  bos_token: { content: '[CLS]' },
  eos_token: { content: '[SEP]' },
  cls_token: { content: '[CLS]' },
  sep_token: { content: '[SEP]' },
} as const;

/** Control pieces, and pieces that the user defined: each stands by itself wherever it occurs. */
function addedPieces(model: SentencePieceModel, skipped: number, shift: number): object[] {
  return model.pieces.flatMap(({ text, type }, i) =>
    i >= skipped && (type === 'control' || type === 'userDefined')
      ? [{ id: i + shift, content: text, special: type === 'control', normalized: false }]
      : [],
  );
}

function sequence(...normalizers: object[]): object {
  return { type: 'Sequence', normalizers };
}

function precompiled({ charsmap }: SentencePieceModel): object[] {
  if (charsmap.length === 0) return [];
  let binary = '';
  for (let at = 0; at < charsmap.length; at += 8192) {
    binary += String.fromCharCode(...charsmap.subarray(at, at + 8192));
  }
  return [{ type: 'Precompiled', precompiled_charsmap: btoa(binary) }];
}

/** Words cut at white space, a space written before each. */
function spacedWords(config: JsonPart | undefined): { pre_tokenizer: object; decoder: object } {
  const part = metaspace((config?.boolean('add_prefix_space', true) ?? true) ? 'always' : 'never');
  return { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, part] }, decoder: part };
}

function metaspace(scheme: 'always' | 'first' | 'never'): object {
  return { type: 'Metaspace', replacement: '\u2581', prepend_scheme: scheme, split: true };
}

function between(begin: string, end: string): object {
  return { type: 'BertProcessing', cls: [begin], sep: [end] };
}
