import { byteLevelTokenizer, herbertTokenizer, withConfiguredPrefixSpace } from './byte-pair-files.ts';
import type { JsonPart } from './json.ts';
import { TokenizerPipeline } from './pipeline.ts';
import { sentencePieceTokenizer } from './sentence-piece-files.ts';
import { namedSpecialTokens } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type TokenizerFamily, tokenizerClassOf } from './tokenizer-class.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';
import { FileSet, type TokenizerFiles } from './tokenizer-files.ts';
import { withConfiguredCasing, wordPieceTokenizer } from './word-piece-files.ts';

const sentencePieceFiles = ['spiece.model', 'sentencepiece.bpe.model', 'spm.model', 'tokenizer.model'] as const;

const vocabularyList = 'vocab.txt';
const merges = 'vocab.json with merges.txt';
const sentencePiece = sentencePieceFiles.slice(0, 3).join(' or ');

/** What a family's tokenizer can be built from where tokenizer.json is missing. */
const olderFiles: Readonly<Record<TokenizerFamily, string>> = {
  BERT: vocabularyList,
  MPNet: vocabularyList,
  RoBERTa: merges,
  HerBERT: merges,
  ALBERT: sentencePiece,
  CamemBERT: sentencePiece,
  'DeBERTa-v2': sentencePiece,
  'XLM-RoBERTa': sentencePiece,
  json: '',
};

/**
 * Builds a tokenizer from its files: tokenizer.json where it exists, otherwise vocab.txt (WordPiece), vocab.json with
 * merges.txt (BPE) or a SentencePiece model (spiece.model, sentencepiece.bpe.model, spm.model). Special tokens,
 * casing and the longest input come from tokenizer_config.json, special_tokens_map.json and added_tokens.json; the
 * tokenizer class also from config.json.
 *
 * Ids and offsets equal those of transformers. Truncation and padding settings of tokenizer.json are ignored: nothing
 * is cut silently.
 *
 * @param files Contents by file name. No file is read here.
 * @throws TokenizerError naming the file, where files are missing, damaged or not supported
 */
export function createTokenizer(files: TokenizerFiles): Tokenizer {
  const set = new FileSet(files);
  const config = set.json('tokenizer_config.json');
  const definition = definitionOf(set, config);
  return new TokenizerPipeline({
    tokenizer: definition.tokenizer,
    config,
    added: set.json('added_tokens.json'),
    checkNewId: definition.checkNewId,
    named: namedSpecialTokens(config, set.json('special_tokens_map.json'), definition.special ?? {}),
  });
}

function definitionOf(files: FileSet, config: JsonPart | undefined): TokenizerDefinition {
  const modelConfig = files.json('config.json');
  const tokenizerClass = tokenizerClassOf(config, modelConfig);
  const family = tokenizerClass?.family;
  const tokenizer = files.json('tokenizer.json');
  if (tokenizer) {
    if (family === 'BERT' || family === 'MPNet') return { tokenizer: withConfiguredCasing(tokenizer, config) };
    return { tokenizer: family === 'RoBERTa' ? withConfiguredPrefixSpace(tokenizer, config) : tokenizer };
  }
  const possible = family === undefined ? Object.values(olderFiles) : [olderFiles[family]];
  if (possible.includes(vocabularyList) && files.has('vocab.txt')) {
    if (!files.has('bpe.codes'))
      return wordPieceTokenizer(files.text('vocab.txt') as string, family, config, modelConfig);
    throw new TokenizerError('bpe.codes', 'the tokenizers of BERTweet and PhoBERT are not supported');
  }
  if (possible.includes(merges) && (files.has('vocab.json') || files.has('merges.txt'))) {
    return family === 'HerBERT' ? herbertTokenizer(files, config) : byteLevelTokenizer(files, config);
  }
  const model = possible.includes(sentencePiece) ? sentencePieceFiles.find((name) => files.has(name)) : undefined;
  if (model) return sentencePieceTokenizer(model, files.bytes(model) as Uint8Array, family, config);
  const expected = [...new Set(possible)].filter((form) => form !== '').map((form) => `, ${form}`);
  throw new TokenizerError(
    'tokenizer.json',
    `there is no tokenizer${tokenizerClass ? ` for ${tokenizerClass.name}` : ''}: expected tokenizer.json${expected.join('')} beside the weights`,
  );
}
