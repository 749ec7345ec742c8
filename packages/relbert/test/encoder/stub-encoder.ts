import type { PromptBatchEncoder } from '../../src/encoder/prompt-batch-encoder.ts';
import { type EncoderInfo, RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import type { WordPair } from '../../src/pair/word-pair.ts';
import type { EncodedPrompt, Prompt } from '../../src/prompt/prompt.ts';

/** Letters as tokens: 'ab' and 'c' become [1, 2, 0, 3]. */
export const prompt: Prompt = {
  kind: 'template',
  text: '<subj> <obj>',
  encode: ({ head, tail }) => ({
    ids: [...head, ' ', ...tail].map((letter) => letter.charCodeAt(0)),
    head: [],
    tail: [],
    mask: [],
  }),
};

/** The embedding of a prompt is [sum of its ids, number of its ids]; every batch is kept for inspection. */
export function encoderWith(
  options: {
    batchTokens?: number;
    maxLength?: number;
    normalize?: boolean;
    delay?: number;
    sharedWordDiscount?: number;
  } = {},
) {
  const batches: (readonly EncodedPrompt[])[] = [];
  let disposed = 0;
  const batchEncoder: PromptBatchEncoder = {
    parameters: 1,
    device: 'cpu',
    dimension: 2,
    async encode(prompts) {
      batches.push(prompts);
      await new Promise((resolve) => setTimeout(resolve, options.delay ?? 0));
      return Float32Array.from(prompts.flatMap(({ ids }) => [ids.reduce((sum, id) => sum + id, 0), ids.length]));
    },
    async dispose() {
      disposed++;
    },
  };
  const { batchTokens, normalize, maxLength = 100, sharedWordDiscount = 0 } = options;
  const info = { dimension: 2, hiddenSize: 2, maxLength, sharedWordDiscount } as EncoderInfo;
  const encoder = new RelationEncoder({
    info,
    prompt,
    batchEncoder,
    promptTokens: () => [],
    ...(batchTokens !== undefined && { batchTokens }),
    ...(normalize !== undefined && { normalize }),
  });
  return { encoder, batches, disposals: () => disposed };
}

export const expected = ({ head, tail }: WordPair): number[] => {
  const { ids } = prompt.encode({ head, tail });
  return [ids.reduce((sum, id) => sum + id, 0), ids.length];
};

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
