import { fileURLToPath } from 'node:url';
import { Random } from '../../src/data/random.ts';
import type { RelationSet } from '../../src/data/relation-set.ts';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import type { Pooling } from '../../src/encoder/pooling.ts';
import { createPromptBatchEncoder } from '../../src/encoder/prompt-batch-encoder.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import { folderFiles } from '../../src/node/folder.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { PromptLoss } from '../../src/search/prompt-loss.ts';
import { createTokenizer } from '../../src/tokenizer/create-tokenizer.ts';
import { type PromptModel, promptLimit } from '../../src/train/prompt-problem.ts';

/** One of the tiny random language models of test/fixtures/encoder, with its tokenizer. */
export async function tinyModel(family = 'bert', pooling: Pooling = 'average_no_mask'): Promise<PromptModel> {
  const folder = fileURLToPath(new URL(`../fixtures/encoder/${family}`, import.meta.url));
  const checkpoint = await openCheckpoint(await folderFiles(folder));
  return {
    config: parseEncoderConfig(checkpoint.config, `${checkpoint.origin}/config.json`),
    weights: checkpoint.weights,
    tokenizer: createTokenizer(checkpoint.tokenizerFiles),
    pooling,
  };
}

/** The loss of a prompt for a model, computed apart from the search. */
export async function lossOf(model: PromptModel, runtime: Runtime): Promise<PromptLoss> {
  const { config, weights, pooling } = model;
  const encoder = await createPromptBatchEncoder({ config, weights, runtime, pooling, threads: 1 });
  return new PromptLoss({ encoder, maxLength: promptLimit(model) });
}

const words =
  'animal car cat cold dog france happy hot japan language music note paint paris portrait read sad tokyo'.split(' ');

/** Relations in categories of two; every relation prefers some words, so that there is something to be found. */
export function wordRelations(count: number, { positives = 4, negatives = 2, seed = 3 } = {}): RelationSet[] {
  const random = new Random(seed);
  const word = (relation: number) => words[(relation * 2 + random.integer(5)) % words.length] as string;
  return Array.from({ length: count }, (_, i) => ({
    relation: `r${i}`,
    parent: `c${Math.floor(i / 2)}`,
    aliases: [],
    positives: Array.from({ length: positives }, (_, at) => ({
      head: `${word(i)} ${'abcdefgh'[at]}`,
      tail: word(i + 1),
    })),
    negatives: Array.from({ length: negatives }, (_, at) => ({
      head: `${word(i + 3)} ${'ijklmnop'[at]}`,
      tail: word(i + 5),
    })),
  }));
}
