import { byteLevelTokenizer } from './byte-level-files.ts';
import type { JsonPart } from './json.ts';
import { TokenizerPipeline } from './pipeline.ts';
import { sentencePieceTokenizer } from './sentence-piece-files.ts';
import { namedSpecialTokens } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { TokenizerDefinition } from './tokenizer-definition.ts';
import { TokenizerError } from './tokenizer-error.ts';
import { FileSet, type TokenizerFiles } from './tokenizer-files.ts';
import { withConfiguredCasing, wordPieceTokenizer } from './word-piece-files.ts';

/**
 * A tokenizer from its files: tokenizer.json where there is one, else vocab.txt (WordPiece), vocab.json with
 * merges.txt (byte-level BPE), spiece.model (ALBERT) or sentencepiece.bpe.model (XLM-RoBERTa); special tokens,
 * casing and the longest input from tokenizer_config.json, special_tokens_map.json and added_tokens.json.
 *
 * Ids and offsets are those of HuggingFace tokenizers. Truncation and padding that tokenizer.json may ask for are
 * not done: nothing is cut silently.
 *
 * @param files Contents by file name. No file is read here.
 * @throws TokenizerError naming the file, where there are none or they cannot be used
 */
export function createTokenizer(files: TokenizerFiles): Tokenizer {
  const set = new FileSet(files);
  const config = set.json('tokenizer_config.json');
  const definition = definitionOf(set, config);
  return new TokenizerPipeline({
    tokenizer: definition.tokenizer,
    config,
    added: set.json('added_tokens.json'),
    named: namedSpecialTokens(config, set.json('special_tokens_map.json'), definition.special),
  });
}

function definitionOf(files: FileSet, config: JsonPart | undefined): TokenizerDefinition {
  const tokenizer = files.json('tokenizer.json');
  if (tokenizer) return { tokenizer: withConfiguredCasing(tokenizer, config), special: {} };
  if (files.has('vocab.txt')) return wordPieceTokenizer(files.text('vocab.txt') as string, config);
  if (files.has('vocab.json') || files.has('merges.txt')) return byteLevelTokenizer(files, config);
  for (const name of ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model']) {
    const bytes = files.bytes(name);
    if (bytes) return sentencePieceTokenizer(name, bytes, config);
  }
  throw new TokenizerError(
    'tokenizer.json',
    'there is no tokenizer: expected tokenizer.json, vocab.txt, vocab.json with merges.txt, spiece.model or ' +
      'sentencepiece.bpe.model beside the weights',
  );
}
