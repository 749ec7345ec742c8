import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import {
  bytesOf,
  type Files,
  fixture,
  modelFixture,
  sentencePieceModel,
  tokenizerModel,
  vocabularyList,
} from './files.ts';
import { REPLACEABLE, type Reader } from './reader.ts';

const prompt = "Just aware: the relation between Tokyo and Japan's New York 東京 !! I-5 is";

function tokens(files: Files): unknown {
  const tokenizer = createTokenizer(files);
  const { ids, offsets } = tokenizer.encode(prompt);
  const parts = tokenizer.encodeParts(['a cat ', tokenizer.special.mask.id, ' b']);
  return {
    ids,
    offsets,
    parts,
    text: tokenizer.decode(ids),
    pieces: tokenizer.decodeParts(ids),
    n: tokenizer.vocabularySize,
  };
}

export function tokenizerReaders(): Reader[] {
  const ofJson = ['bert', 'roberta', 'xlm-roberta', 'albert-v1', 'deberta-v2', 'modernbert'].map((family): Reader => {
    const { 'model.safetensors': _, ...files } = modelFixture(family);
    return {
      name: `tokenizer.json of ${family}`,
      files,
      damaged: 'tokenizer.json',
      read: tokens,
      otherResult: REPLACEABLE,
    };
  });
  const { 'model.safetensors': _, ...bert } = modelFixture('bert');
  const { vocab, merges } = tokenizerModel('roberta') as { vocab?: object; merges?: readonly (string | string[])[] };
  const lines = (merges ?? []).map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  const bpe = {
    'config.json': fixture('encoder/roberta/config.json'),
    'tokenizer_config.json': fixture('encoder/roberta/tokenizer_config.json'),
    'vocab.json': bytesOf(JSON.stringify(vocab)),
    'merges.txt': bytesOf(`#version: 0.2\n${lines.join('\n')}\n`),
  };
  const wordPiece = {
    'config.json': fixture('encoder/bert/config.json'),
    'tokenizer_config.json': fixture('encoder/bert/tokenizer_config.json'),
    'special_tokens_map.json': bytesOf('{"mask_token": {"content": "[MASK]", "lstrip": true}, "pad_token": "[PAD]"}'),
    'added_tokens.json': bytesOf('{"<new>": 100}'),
    'vocab.txt': vocabularyList('bert'),
  };
  const unigram = {
    'tokenizer_config.json': fixture('encoder/xlm-roberta/tokenizer_config.json'),
    'sentencepiece.bpe.model': sentencePieceModel('xlm-roberta'),
  };
  const of = (files: Files, damaged: string): Reader => ({
    ...{ name: damaged, files, damaged, read: tokens, otherResult: REPLACEABLE },
  });
  return [
    ...ofJson,
    of(bert, 'tokenizer_config.json'),
    of(bpe, 'vocab.json'),
    of(bpe, 'merges.txt'),
    of(wordPiece, 'vocab.txt'),
    of(wordPiece, 'special_tokens_map.json'),
    of(wordPiece, 'added_tokens.json'),
    of(unigram, 'sentencepiece.bpe.model'),
  ];
}
