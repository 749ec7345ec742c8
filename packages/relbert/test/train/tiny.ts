import { fileURLToPath } from 'node:url';
import { Random } from '../../src/data/random.ts';
import type { RelationSet } from '../../src/data/relation-set.ts';
import { openCheckpoint } from '../../src/encoder/checkpoint.ts';
import type { Pooling } from '../../src/encoder/pooling.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import { folderFiles } from '../../src/node/folder.ts';
import type { Prompt } from '../../src/prompt/prompt.ts';
import type { TrainingModel } from '../../src/train/training-model.ts';

/** One of the tiny random checkpoints of test/fixtures/encoder, with a prompt that needs no real words. */
export async function tinyModel(family = 'bert', pooling: Pooling = 'average_no_mask'): Promise<TrainingModel> {
  const folder = fileURLToPath(new URL(`../fixtures/encoder/${family}`, import.meta.url));
  const checkpoint = await openCheckpoint(await folderFiles(folder));
  return {
    config: parseEncoderConfig(checkpoint.config, `${checkpoint.origin}/config.json`),
    weights: checkpoint.weights,
    prompt: numberedPrompt,
    pooling,
  };
}

/** Words are `w<number>`, tokens their digits: prompts of 5 to 9 tokens, all within a vocabulary of 60. */
export const numberedPrompt: Prompt = {
  kind: 'template',
  text: '<subj> <mask> <obj>',
  encode({ head, tail }) {
    const [a, b] = [tokensOf(head), tokensOf(tail)];
    const ids = [2, ...a, 4, ...b, 3];
    return {
      ids,
      head: a.map((_, i) => 1 + i),
      tail: b.map((_, i) => 2 + a.length + i),
      mask: [1 + a.length],
    };
  },
};

function tokensOf(word: string): number[] {
  return Array.from(word.slice(1), (digit) => 10 + Number(digit) * 5);
}

/** Relations in categories of two, with positives and negatives of made-up words. */
export function tinyRelations(count: number, { positives = 5, negatives = 3, seed = 1 } = {}): RelationSet[] {
  const random = new Random(seed);
  const word = (relation: number) => `w${relation}${random.integer(1000)}`;
  return Array.from({ length: count }, (_, i) => ({
    relation: `r${i}`,
    parent: `c${Math.floor(i / 2)}`,
    aliases: [],
    positives: Array.from({ length: positives }, () => ({ head: word(i), tail: word(i + 1) })),
    negatives: Array.from({ length: negatives }, () => ({ head: word(i), tail: word(i + 2) })),
  }));
}
