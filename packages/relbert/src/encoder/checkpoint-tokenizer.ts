import { CheckpointError } from '../formats/checkpoint-error.ts';

/** Files that a tokenizer may be made of, in any generation of the HuggingFace layout. */
export const tokenizerFileNames = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'bpe.codes',
  'spiece.model',
  'sentencepiece.bpe.model',
  'tokenizer.model',
] as const;

const names: ReadonlySet<string> = new Set(tokenizerFileNames);

export function isTokenizerFile(name: string): boolean {
  return names.has(name);
}

/**
 * Checks that a tokenizer belongs to a word-embedding table. The table may have more rows than the tokenizer has
 * ids only where it was padded to a multiple of eight, by less than 128 rows.
 * @param rows Rows of the word-embedding table.
 * @param vocabularySize Ids of the tokenizer, added tokens included.
 * @throws CheckpointError where the sizes differ
 */
export function checkVocabulary(origin: string, rows: number, vocabularySize: number): void {
  if (rows === vocabularySize) return;
  if (rows > vocabularySize && rows - vocabularySize < 128 && rows % 8 === 0) return;
  throw new CheckpointError(
    origin,
    `vocabulary sizes differ: the tokenizer has ${vocabularySize} ids, the word embeddings ${rows} rows; ` +
      'the tokenizer files belong to another model, copy those of the model that the weights come from',
  );
}
