/** Reads what a tokenizer needs from a SentencePiece model file, a protocol buffer. */
import protobuf from 'protobufjs/minimal.js';
import { TokenizerError } from './tokenizer-error.ts';

/** One piece of the vocabulary. */
export interface SentencePiece {
  readonly text: string;
  /** Log probability. */
  readonly score: number;
  readonly type: 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte';
}

export interface SentencePieceModel {
  readonly pieces: readonly SentencePiece[];
  readonly modelType: 'unigram' | 'bpe' | 'word' | 'char';
  readonly unknownId: number;
  readonly byteFallback: boolean;
  /** The normalisation rules compiled by SentencePiece; empty where the model has none. */
  readonly charsmap: Uint8Array;
}

const pieceTypes = ['normal', 'normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'] as const;
const modelTypes = ['unigram', 'unigram', 'bpe', 'word', 'char'] as const;

/** @throws TokenizerError where the bytes are not a SentencePiece model */
export function parseSentencePieceModel(file: string, bytes: Uint8Array): SentencePieceModel {
  if (bytes.length === 0) throw new TokenizerError(file, 'the file is empty');
  let model: SentencePieceModel;
  try {
    model = readModel(bytes);
  } catch (error) {
    throw new TokenizerError(file, `not a SentencePiece model (${error instanceof Error ? error.message : error})`);
  }
  if (model.pieces.length === 0) throw new TokenizerError(file, 'not a SentencePiece model: it has no pieces');
  return model;
}

/** Field numbers as in sentencepiece_model.proto. */
function readModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let modelType = 1;
  let unknownId = 0;
  let byteFallback = false;
  let charsmap = new Uint8Array(0);
  eachField(bytes, (field, reader) => {
    if (field === 1) pieces.push(readPiece(reader.bytes()));
    else if (field === 2) {
      eachField(reader.bytes(), (trainer, value) => {
        if (trainer === 3) modelType = value.int32();
        else if (trainer === 35) byteFallback = value.bool();
        else if (trainer === 40) unknownId = value.int32();
        else return false;
        return true;
      });
    } else if (field === 3) {
      eachField(reader.bytes(), (normaliser, value) => {
        if (normaliser !== 2) return false;
        charsmap = new Uint8Array(value.bytes());
        return true;
      });
    } else return false;
    return true;
  });
  return { pieces, modelType: modelTypes[modelType] ?? 'unigram', unknownId, byteFallback, charsmap };
}

function readPiece(bytes: Uint8Array): SentencePiece {
  let text = '';
  let score = 0;
  let type = 1;
  eachField(bytes, (field, reader) => {
    if (field === 1) text = reader.string();
    else if (field === 2) score = reader.float();
    else if (field === 3) type = reader.int32();
    else return false;
    return true;
  });
  return { text, score, type: pieceTypes[type] ?? 'normal' };
}

/** Calls `take` for each field; skips a field for which it returns false. */
function eachField(bytes: Uint8Array, take: (field: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!take(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}
