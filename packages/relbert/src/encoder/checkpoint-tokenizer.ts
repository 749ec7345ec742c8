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
  'spm.model',
  'tokenizer.model',
] as const;

const names: ReadonlySet<string> = new Set(tokenizerFileNames);

export function isTokenizerFile(name: string): boolean {
  return names.has(name);
}
