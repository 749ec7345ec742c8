import { BatchQueue } from '../encoder/batch-queue.ts';
import { checkEmbedding } from '../encoder/embedding-error.ts';
import type { PromptBatchEncoder } from '../encoder/prompt-batch-encoder.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { type Pass, resultOf } from '../train/pass.ts';
import { checkedLength, type EncodePair } from '../train/prompt-length.ts';
import type { HingeOptions } from '../train/prompt-problem.ts';
import type { TripletBatch } from '../train/triplet-batch.ts';
import { hingeLosses } from './hinge.ts';

export interface PromptLossOptions extends HingeOptions {
  readonly encoder: PromptBatchEncoder;
  /** Tokens that a prompt may have. */
  readonly maxLength: number;
  readonly signal?: AbortSignal | undefined;
}

/** The triplet loss of prompts under a frozen language model, with its fused inference graph. */
export class PromptLoss {
  readonly #options: PromptLossOptions;
  /** Prompts encoded so far. */
  encoded = 0;

  constructor(options: PromptLossOptions) {
    this.#options = options;
  }

  /** Mean loss over all triples of the batches. */
  mean(batches: readonly TripletBatch[], encode: EncodePair): Promise<number> {
    return resultOf(this.meanPass(batches, encode));
  }

  /** The same, batch by batch. */
  async *meanPass(batches: readonly TripletBatch[], encode: EncodePair): Pass<number> {
    let [sum, count] = [0, 0];
    for (const [at, batch] of batches.entries()) {
      const [losses] = (await this.ofBatch(batch, [encode])) as [Float64Array];
      for (const loss of losses) sum += loss;
      count += losses.length;
      yield at + 1;
    }
    return sum / count;
  }

  /** For each prompt the loss of each triple of a batch. All prompts are encoded together, by length. */
  async ofBatch(batch: TripletBatch, prompts: readonly EncodePair[]): Promise<Float64Array[]> {
    const { encoder, maxLength, signal } = this.#options;
    const losses: Float64Array[] = [];
    // As many prompts at once as `largestEncoding` has room for.
    const together = Math.max(1, Math.floor(largestEncoding / (batch.pairs.length * encoder.dimension)));
    for (let first = 0; first < prompts.length; first += together) {
      const group = prompts.slice(first, first + together);
      const encoded = group.flatMap((encode) => batch.pairs.map(checkedLength(encode, maxLength)));
      const embeddings = await encodePrompts(encoder, encoded, batch.pairs, signal);
      this.encoded += encoded.length;
      const size = batch.pairs.length * encoder.dimension;
      for (const i of group.keys()) {
        const ofPrompt = embeddings.subarray(i * size, (i + 1) * size);
        losses.push(hingeLosses(ofPrompt, encoder.dimension, batch.triples, this.#options));
      }
    }
    return losses;
  }
}

/** Most numbers of embeddings in memory at once: 128 MB. */
const largestEncoding = 2 ** 25;

/**
 * Embeddings [n, D] of prompts, in their order; prompts of like length share a batch.
 * @param pairs Prompt i encodes pair i modulo the number of pairs.
 * @throws EmbeddingError for an embedding that is not finite or is zero
 */
export async function encodePrompts(
  encoder: PromptBatchEncoder,
  prompts: readonly EncodedPrompt[],
  pairs: readonly WordPair[],
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { dimension } = encoder;
  const embeddings = new Float32Array(prompts.length * dimension);
  await new BatchQueue(encoder).encode(prompts, {
    signal,
    store: (place, embedding) => {
      checkEmbedding(embedding, dimension, pairs[place % pairs.length] as WordPair);
      embeddings.set(embedding, place * dimension);
    },
  });
  return embeddings;
}
