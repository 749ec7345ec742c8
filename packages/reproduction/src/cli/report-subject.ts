/** A model as a report judges it. */

import { createHash } from 'node:crypto';
import { CheckpointError, type WordPair } from 'relbert';
import {
  afterLoading,
  kindOfPath,
  loadEncoder,
  type ModelFlags,
  modelFiles,
  modelHash,
  openPairModel,
  readPromptFolder,
  readWordsOnce,
  type Terminal,
  vectorFileOf,
} from 'relbert/cli';
import type { EmbeddingFeatures, FeatureExtractor, WordVectorFeatures } from 'relbert/evaluate';
import { embeddingFeatures, wordVectorFeatures } from 'relbert/evaluate';
import type { ReportSubject } from '../report/evaluate-model.ts';
import type { ModelChoice } from '../report/repeat-command.ts';
import type { ReportModel } from '../report/report-file.ts';

export interface OpenSubject extends AsyncDisposable {
  readonly subject: ReportSubject;
  readonly encoder: ReportModel['encoder'];
  /** Words without a vector so far. */
  readonly missing: ReadonlySet<string>;
}

/** Loads a relation encoder, or word vectors (`vectors:FILE`). */
export async function openSubject(choice: ModelChoice, flags: ModelFlags, terminal: Terminal): Promise<OpenSubject> {
  const own: ModelFlags = {
    ...(flags.offline !== undefined && { offline: flags.offline }),
    ...withoutUndefined(choice),
  };
  const vectorFile = vectorFileOf(choice.model);
  if (vectorFile !== undefined) return openWordVectorSubject(choice, vectorFile, own, terminal);
  const encoder = await loadEncoder(own, terminal, { worker: true });
  const embed = async (pairs: readonly WordPair[]) => {
    const progress = await terminal.progress('encoding', 'pairs', pairs.length);
    try {
      return await encoder.encode(pairs, {
        signal: terminal.signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      });
    } finally {
      progress.stop();
    }
  };
  const { architecture, layers, hiddenSize, parameters, prompt, pooling, dimension, dtype } = encoder.info;
  const { sharedWordDiscount } = encoder.info;
  const kind: EmbeddingFeatures = 'both';
  return {
    subject: {
      choice,
      kind: 'encoder',
      embed,
      sharedWordDiscount,
      features: [{ name: kind, extract: (pairs) => embeddingFeatures(pairs, embed, kind) }],
    },
    encoder: {
      ...{ architecture, layers, hiddenSize, parameters, pooling, dimension, dtype },
      ...(sharedWordDiscount !== 0 && { sharedWordDiscount }),
      prompt: { ...prompt, counts: encoder.prompt.counts ?? null },
      hash: await hashOf(choice, terminal),
    },
    missing: new Set(),
    [Symbol.asyncDispose]: () => encoder.dispose(),
  };
}

/**
 * SHA-256 of a model that is on this machine, or was just loaded, and of the learned prompt that it is given; undefined for
 * word vectors.
 */
export async function hashOf(
  { model, prompt }: Pick<ModelChoice, 'model' | 'prompt'>,
  terminal: Terminal,
): Promise<string | undefined> {
  if (vectorFileOf(model) !== undefined) return undefined;
  const hash = await modelHash(await modelFiles(model, afterLoading(terminal)));
  if (prompt === undefined) return hash;
  const { prompt: spec } = await readPromptFolder(prompt);
  return createHash('sha256')
    .update(`${hash}\n${JSON.stringify(spec)}`)
    .digest('hex');
}

/** The model or the prompt that is not on this machine; undefined: both are. A damaged one counts as there. */
export async function missingPart(
  { model, prompt }: Pick<ModelChoice, 'model' | 'prompt'>,
  terminal: Terminal,
): Promise<string | undefined> {
  if (prompt !== undefined && (await kindOfPath(prompt)) === undefined) return prompt;
  if (vectorFileOf(model) !== undefined || (await kindOfPath(model)) !== undefined) return undefined;
  try {
    await modelFiles(model, afterLoading(terminal));
    return undefined;
  } catch (error) {
    if (error instanceof CheckpointError) return model;
    throw error;
  }
}

/** The features of the paper's Table 3. */
const wordVectorKinds: readonly WordVectorFeatures[] = ['cat', 'cat+dot', 'diff', 'diff+dot'];

async function openWordVectorSubject(
  choice: ModelChoice,
  file: string,
  flags: ModelFlags,
  terminal: Terminal,
): Promise<OpenSubject> {
  // Common to all models of a report: they change those that have an encoder.
  const { maxLength: _, batchTokens: __, normalize: ___, ...own } = flags;
  const model = await openPairModel(own, terminal);
  const missing = new Set<string>();
  const vectorsOf = readWordsOnce(file, terminal);
  const extract =
    (kind: WordVectorFeatures): FeatureExtractor =>
    async (pairs, all) => {
      const found = wordVectorFeatures(pairs, await vectorsOf(all), kind);
      for (const word of found.missing) missing.add(word);
      return found.features;
    };
  return {
    subject: {
      choice,
      kind: 'word vectors',
      async embed(pairs) {
        const embedded = await model.embed(pairs);
        for (const word of model.missing) missing.add(word);
        return embedded;
      },
      features: wordVectorKinds.map((name) => ({ name, extract: extract(name) })),
    },
    encoder: null,
    missing,
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function withoutUndefined({ model, ...rest }: ModelChoice): ModelFlags {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { model, ...Object.fromEntries(given) };
}
