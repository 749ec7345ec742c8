/** What an evaluation judges: a relation encoder, or a baseline of the same form. */
import type { RelationEncoder } from '../encoder/relation-encoder.ts';
import type { PairEmbedder } from '../evaluate/embedding-table.ts';
import type { PairVector } from '../index/index-question.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, type ModelFlags, modelOptions } from './model-options.ts';
import type { Terminal } from './terminal.ts';
import { warnUnknownWords } from './unknown-words.ts';

/** `--model vectors:FILE`. */
const VECTORS = 'vectors:';

export interface PairModel extends AsyncDisposable {
  /** As `--model` says. */
  readonly model: string;
  /** undefined: not a language model. */
  readonly pooling: string | undefined;
  readonly template: string | undefined;
  /** As `RelationEncoder.info` has it; 0 for a baseline. */
  readonly sharedWordDiscount: number;
  readonly embed: PairEmbedder;
  /** Words without a vector among those asked for so far; empty for a language model. */
  readonly missing: ReadonlySet<string>;
}

/** {@link modelOptions}, with the baselines that a command takes in the help of `--model`. */
export function pairModelOptions(baselines: string): typeof modelOptions {
  const { model } = modelOptions;
  return { ...modelOptions, model: { ...model, help: `${model.help}${baselines}` } };
}

/** The file of `vectors:FILE`, undefined for another model. */
export function vectorFileOf(model: string): string | undefined {
  return model.startsWith(VECTORS) ? model.slice(VECTORS.length) : undefined;
}

/** Loads what `--model` names. Word vectors are read when pairs are asked for: only those that are needed. */
export async function openPairModel(flags: ModelFlags, terminal: Terminal): Promise<PairModel> {
  const file = vectorFileOf(flags.model);
  if (file !== undefined) return openWordVectors(file, flags, terminal);
  const encoder = await loadEncoder(flags, terminal);
  return {
    model: flags.model,
    pooling: encoder.info.pooling,
    template: encoder.info.prompt.text,
    sharedWordDiscount: encoder.info.sharedWordDiscount,
    missing: new Set(),
    async embed(pairs) {
      const progress = await terminal.progress('encoding', 'pairs', pairs.length);
      try {
        return await encoder.encode(pairs, {
          signal: terminal.signal,
          onProgress: ({ done, total }) => progress.update(done, total),
        });
      } finally {
        progress.stop();
      }
    },
    [Symbol.asyncDispose]: () => encoder.dispose(),
  };
}

/** The pairs of a question with their vectors; warns of words that the model does not know. */
export async function pairVectors(
  pairs: readonly WordPair[],
  encoder: RelationEncoder,
  terminal: Terminal,
): Promise<PairVector[]> {
  const { row } = await import('../encoder/embeddings.ts');
  const embeddings = await encoder.encode(pairs, { signal: terminal.signal });
  await warnUnknownWords(pairs, encoder, terminal);
  return pairs.map((pair, i) => ({ pair, vector: row(embeddings, i).slice() }));
}

/** The pairs with their vectors, by a model that is loaded for them alone. */
export async function encodeAll(
  pairs: readonly WordPair[],
  flags: ModelFlags,
  terminal: Terminal,
): Promise<PairVector[]> {
  await using encoder = await loadEncoder(flags, terminal);
  return await pairVectors(pairs, encoder, terminal);
}

async function openWordVectors(file: string, flags: ModelFlags, terminal: Terminal): Promise<PairModel> {
  await requireVectorFile(file);
  refuseEncoderFlags(flags, noLanguageModel(flags.model));
  const { wordVectorEmbedder } = await import('../evaluate/word-vector-embedder.ts');
  const { embed, missing } = wordVectorEmbedder(() => readWithProgress(file, terminal), file);
  return {
    model: flags.model,
    pooling: undefined,
    template: undefined,
    sharedWordDiscount: 0,
    missing,
    embed,
    async [Symbol.asyncDispose]() {},
  };
}

/** Options that change a relation encoder mean nothing where none is loaded; `why` says why none is. */
export function refuseEncoderFlags(flags: Omit<ModelFlags, 'model'>, why: string): void {
  const { template, prompt, pooling, maxLength, batchTokens, normalize, dtype } = flags;
  const encoderFlags = {
    ...{ template, prompt, pooling, 'max-length': maxLength, 'batch-tokens': batchTokens, normalize },
    dtype: dtype === 'int8' ? dtype : undefined,
  };
  const wrong = Object.entries(encoderFlags).find(([, value]) => value !== undefined)?.[0];
  if (wrong !== undefined) throw new UsageError(`--${wrong} is for language models; ${why}`);
}

/** Of a baseline, for {@link refuseEncoderFlags}. */
export function noLanguageModel(model: string): string {
  return `--model ${model} is none`;
}

/** Says early what would else be found after minutes. */
export async function requireVectorFile(file: string): Promise<void> {
  if (file === '') throw new UsageError('vectors: names no file; expected --model vectors:FILE');
  const { existingKind } = await import('../node/read-file.ts');
  if ((await existingKind(file)) === 'folder') throw new Error(`${file}: is a folder; expected a file of word vectors`);
}

/** The bytes of a file, with a line of progress. */
export async function* readWithProgress(file: string, terminal: Terminal): AsyncGenerator<Uint8Array> {
  const { readChunks } = await import('../node/byte-stream.ts');
  const progress = await terminal.progress(`reading ${file}`, 'bytes');
  let done = 0;
  try {
    for await (const chunk of readChunks(file, terminal.signal)) {
      done += chunk.length;
      progress.update(done);
      yield chunk;
    }
  } finally {
    progress.stop();
  }
}

/** What a file holds for the pairs of a set: read at the first call for them, kept for the further ones. */
export function readOnce<T>(read: (all: readonly WordPair[]) => Promise<T>): (all: readonly WordPair[]) => Promise<T> {
  const kept = new WeakMap<readonly WordPair[], Promise<T>>();
  return (all) => {
    const found = kept.get(all) ?? read(all);
    kept.set(all, found);
    return found;
  };
}

/** Vectors of the words of a set's pairs in a file of word vectors, which is read once a set. */
export function readWordsOnce(file: string, terminal: Terminal) {
  return readOnce(async (all) => {
    const { readWordVectors } = await import('../formats/word-vectors.ts');
    const words = new Set(all.flatMap(({ head, tail }) => [head, tail]));
    return readWordVectors(readWithProgress(file, terminal), words, file);
  });
}

/** Says which words have no vector, and what that does: `count as zeros in ...`. */
export function noteMissingWords(missing: ReadonlySet<string>, effect: string, terminal: Terminal): void {
  if (missing.size === 0) return;
  const shown = [...missing].slice(0, 8);
  const more = missing.size > shown.length ? `, and ${missing.size - shown.length} more` : '';
  terminal.warn(
    `${missing.size} ${missing.size === 1 ? 'word has' : 'words have'} no vector and ${effect}: ${shown.join(', ')}${more}`,
  );
}
