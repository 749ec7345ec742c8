/**
 * Training from files to files: data, language model and teacher are read, the run goes, and the result is a folder in
 * HuggingFace layout. The command `relbert distill` is this with a progress display.
 */
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { HubOptions } from '../checkpoint/hub.ts';
import { openModel } from '../checkpoint/open-model.ts';
import { saveModel } from '../checkpoint/save.ts';
import { checkVocabulary } from '../checkpoint/tokenizer-files.ts';
import { trainingStore } from '../checkpoint/training-store.ts';
import { formatTrainPairs, type RelationSet } from '../data/relation-set.ts';
import { splitRelations } from '../data/split.ts';
import { storedParameters } from '../encoder/architecture.ts';
import { parseEncoderConfig } from '../encoder/config.ts';
import { architectureOf } from '../encoder/encoder.ts';
import { type Pooling, parsePooling } from '../encoder/pooling.ts';
import { PromptTooLongError } from '../encoder/relation-encoder.ts';
import { resolveWeightNames } from '../encoder/weights.ts';
import { type AnalogySet, evaluateAnalogy } from '../evaluate/analogy.ts';
import { plainDefaults } from '../load-encoder.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { parseTemplate } from '../prompt/template.ts';
import { JsonLinesLog, makeFolder, writeFileAtomic } from '../runtime/files.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { basename, join, resolve } from '../runtime/path.ts';
import { createTokenizer } from '../tokenizer/create-tokenizer.ts';
import type { Recipe } from '../train/recipe.ts';
import { recipeSampler, validationSampler } from '../train/recipe-sampler.ts';
import { splitSoftPrompt } from '../train/soft-prompt-weights.ts';
import type { DoneEvent, TrainEvent } from '../train/train-event.ts';
import { type TrainingModel, train, type Validation } from '../train/trainer.ts';
import type { Json } from '../train/training-state.ts';
import { fingerprint } from './fingerprint.ts';
import { learningCurve } from './learning-curve.ts';
import { modelCard } from './model-card.ts';
import { checkOutputFolder, isSaved, keepLog, logName, readLog } from './output-folder.ts';
import { readFurtherPairs, readTrainingData, type TrainingData } from './read-data.ts';
import { loadTeacher } from './teacher.ts';

export interface DistillOptions {
  /** The language model: a folder, a hub id, or id@revision. */
  readonly model: string;
  /** The folder to be made. */
  readonly output: string;
  readonly recipe: Recipe;
  /** For the model card. Default 'custom'. */
  readonly recipeName?: string;
  /** A trigger or soft prompt in the place of the recipe's template. A soft prompt's vectors are trained too. */
  readonly prompt?: PromptSpec;
  /** Analogy questions whose mean accuracy decides which weights are kept. Default: the loss of held-out pairs decides. */
  readonly validate?: readonly AnalogySet[];
  /** Analogy or relation files whose pairs are left out of the training data, in both orders. */
  readonly excludePairs?: readonly string[];
  readonly threads?: number;
  readonly hub?: HubOptions;
  /** Go on from the output folder's last checkpoint. */
  readonly resume?: boolean;
  /** Replace an output folder that exists. */
  readonly overwrite?: boolean;
  /** Type of the saved weights. Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
  readonly signal?: AbortSignal | undefined;
  /** While the teacher encodes the pairs. */
  readonly onTeacher?: (done: number, total: number) => void;
}

/** What happens, beside what the trainer reports. */
export type DistillEvent =
  | TrainEvent
  | {
      readonly kind: 'data';
      readonly relations: number;
      readonly pairs: number;
      readonly excludedPairs: number;
      readonly droppedRelations: readonly string[];
    }
  /** The run in this folder was finished before: nothing was changed. */
  | { readonly kind: 'finished-before'; readonly step: number; readonly folder: string }
  | { readonly kind: 'saved'; readonly folder: string };

/**
 * Trains a relation encoder and saves it. While it runs, the folder holds `train.jsonl`, `train-pairs.tsv`,
 * `recipe.json` and `checkpoints/`; model, tokenizer, card and learning curve appear when it is done.
 *
 * @throws OptionError, CheckpointError, DataError, SamplingError, and what {@link train} throws
 */
export async function* distill(options: DistillOptions): AsyncGenerator<DistillEvent> {
  const { recipe, output, signal, resume = false, threads } = options;
  await checkOutputFolder(output, options);
  const data = await readTrainingData(recipe, options.excludePairs);
  const all = [...data.relations.values()].flat();
  yield {
    kind: 'data',
    relations: all.length,
    pairs: countPairs(all),
    excludedPairs: data.excludedPairs,
    droppedRelations: data.droppedRelations,
  };
  const checkpoint = await openCheckpoint(await openModel(options.model, options.hub));
  const { model, spec } = trainingModel(checkpoint, recipe, options.prompt);
  checkLengths(all, model);
  const split = splitSources(data, recipe);
  const further = recipe.teacher ? await readFurtherPairs(recipe.teacher.pairs) : [];
  const sampler = recipeSampler(
    recipe,
    split.train,
    further.length > 0 && recipe.teacher
      ? { relations: further, pairsPerStep: recipe.teacher.pairsPerStep }
      : undefined,
  );
  const teacher =
    recipe.teacher &&
    (await loadTeacher({
      model: recipe.teacher.model,
      relations: [...all, ...further],
      signal,
      ...(threads !== undefined && { threads }),
      ...(options.hub?.offline !== undefined && { offline: options.hub.offline }),
      ...(options.onTeacher && { onProgress: options.onTeacher }),
    }));
  const validation = validationOf(options, split.validation);
  const trainPairs = formatTrainPairs([...split.train.values(), further].flat());

  const { training: _, ...rest } = recipe;
  const events = train({
    model,
    training: recipe.training,
    sampler,
    runtime: nodeRuntime(),
    validation,
    store: trainingStore(join(output, 'checkpoints')),
    resume,
    // Only what decides the run; paths may change between the two.
    configuration: JSON.parse(
      JSON.stringify({
        ...rest,
        description: undefined,
        template: model.prompt.text,
        ...(options.prompt && { prompt: await fingerprint(promptText(options.prompt)) }),
        pooling: model.pooling,
        model: await fingerprint(checkpoint),
        trainingPairs: await fingerprint(trainPairs),
        validate:
          options.validate?.map(({ set, split: name, questions }) => `${set}/${name}: ${questions.length}`) ?? [],
      }),
    ) as Json,
    ...(threads !== undefined && { threads }),
    ...(teacher && { teacher }),
    ...(signal && { signal }),
  });

  let log: JsonLinesLog | undefined;
  try {
    for await (const event of events) {
      if (event.kind === 'start') {
        if (event.finished && (await isSaved(output))) {
          yield { kind: 'finished-before', step: event.step, folder: output };
          return;
        }
        await makeFolder(output);
        await writeFileAtomic(join(output, 'train-pairs.tsv'), trainPairs);
        await writeFileAtomic(join(output, 'recipe.json'), `${JSON.stringify(recipe, undefined, 2)}\n`);
        await keepLog(output, event.step);
        log = await JsonLinesLog.open(join(output, logName));
      }
      if (event.kind === 'done') {
        const { weights: __, ...entry } = event;
        await log?.append(entry);
        await save(options, checkpoint, { model, spec, data: all, excludedPairs: data.excludedPairs }, event);
        yield event;
        yield { kind: 'saved', folder: output };
      } else {
        await log?.append(event);
        yield event;
      }
    }
  } finally {
    await log?.close();
  }
}

interface RunFacts {
  readonly model: TrainingModel;
  readonly spec: PromptSpec;
  readonly data: readonly RelationSet[];
  readonly excludedPairs: number;
}

async function save(options: DistillOptions, checkpoint: Checkpoint, facts: RunFacts, done: DoneEvent): Promise<void> {
  const { output, recipe, dtype, signal } = options;
  const { model, spec, data } = facts;
  const names = resolveWeightNames(model.config, checkpoint.weights);
  const split = splitSoftPrompt(done.weights, model.config, spec.kind === 'soft' ? spec.vectors.length : 0);
  const prompt: PromptSpec = spec.kind === 'soft' && split.vectors ? { ...spec, vectors: split.vectors } : spec;
  const weights = new Map([...split.weights].map(([name, value]) => [names.get(name) ?? name, value.data]));
  const log = await readLog(output);
  const name = basename(resolve(output));
  const parameters = storedParameters(architectureOf(model.config)).reduce(
    (sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1),
    0,
  );
  const validation = log.find((entry) => entry['kind'] === 'validation' && entry['step'] === done.weightsFrom);
  const license = await licenseOf(options);
  const card = modelCard({
    name,
    base:
      options.model.includes('/') && !/^[.~/]/.test(options.model) ? options.model : basename(resolve(options.model)),
    license,
    template: model.prompt.text,
    pooling: model.pooling,
    recipe,
    recipeName: options.recipeName ?? 'custom',
    relations: data.length,
    pairs: countPairs(data),
    excludedPairs: facts.excludedPairs,
    steps: done.step,
    seconds: done.seconds,
    weightsFrom: done.weightsFrom,
    parameters,
    figures: validation?.['figures'] as Record<string, number> | undefined,
  });
  const points = log.filter(({ kind }) => kind === 'step' || kind === 'validation');
  await saveModel({
    folder: output,
    source: checkpoint,
    weights,
    ...(dtype && { dtype }),
    relbert: {
      pooling: model.pooling,
      prompt,
      text: model.prompt.text,
      form: prompt.kind !== 'template' && prompt.layout === '2021' ? '2021' : '2023',
    },
    card,
    files: new Map([
      ['learning-curve.svg', learningCurve(points as unknown as Parameters<typeof learningCurve>[0], name)],
    ]),
    signal,
  });
}

/** The licence that the model card of the language model names, if there is a card. */
async function licenseOf({ model, hub }: DistillOptions): Promise<string | undefined> {
  const card = await (await openModel(model, hub)).read('README.md');
  if (!card) return undefined;
  const [, header = ''] = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(new TextDecoder().decode(card)) ?? [];
  return /^license:\s*(\S+)\s*$/m.exec(header)?.[1];
}

/** Everything of a prompt, vectors included, for a hash. */
function promptText(prompt: PromptSpec): string {
  return JSON.stringify(prompt.kind === 'soft' ? { ...prompt, vectors: [...prompt.vectors] } : prompt);
}

function trainingModel(
  checkpoint: Checkpoint,
  recipe: Recipe,
  learned: PromptSpec | undefined,
): { model: TrainingModel; spec: PromptSpec } {
  const config = parseEncoderConfig(checkpoint.config);
  const tokenizer = createTokenizer(checkpoint.tokenizerFiles);
  checkVocabulary(checkpoint.origin, config.vocabularySize, tokenizer.vocabularySize);
  const pooling: Pooling = parsePooling(recipe.pooling ?? checkpoint.relbert?.pooling ?? plainDefaults.pooling);
  const spec: PromptSpec =
    learned ??
    (recipe.template === null
      ? (checkpoint.relbert?.prompt ?? { kind: 'template', text: parseTemplate(plainDefaults.template) })
      : { kind: 'template', text: parseTemplate(recipe.template) });
  const prompt = createPrompt(spec, tokenizer, {
    mask: pooling === 'mask',
    softStart: config.vocabularySize,
    embedding: config.embedding,
  });
  const maxLength = Math.min(config.maxLength, tokenizer.maxLength ?? config.maxLength);
  return { model: { config, weights: checkpoint.weights, prompt, pooling, maxLength }, spec };
}

/** A prompt that is too long is found before the run, not in the middle of it. @throws PromptTooLongError */
function checkLengths(
  relations: readonly RelationSet[],
  { prompt, config, maxLength = config.maxLength }: TrainingModel,
) {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  // No token stands for less than a byte, so that only what has more bytes than tokens are allowed needs a look.
  const room = maxLength - bytes(prompt.text) - 2;
  for (const { positives, negatives } of relations) {
    for (const pair of [...positives, ...negatives]) {
      if (2 * (bytes(pair.head) + bytes(pair.tail)) <= room) continue;
      const { length } = prompt.encode(pair).ids;
      if (length > maxLength) throw new PromptTooLongError({ index: 0, pair, length, limit: maxLength });
    }
  }
}

function splitSources({ relations }: TrainingData, { validationShare, validationSeed }: Recipe) {
  const train = new Map<string, readonly RelationSet[]>();
  const validation: RelationSet[] = [];
  for (const [source, sets] of relations) {
    const split = splitRelations(sets, { validation: validationShare, seed: validationSeed });
    train.set(source, split.train);
    validation.push(...split.validation);
  }
  return { train, validation };
}

function validationOf({ recipe, validate }: DistillOptions, relations: readonly RelationSet[]): Validation {
  // Without labels, or with a teacher's similarities, there is no loss that held-out relations could tell.
  const labelled = recipe.training.losses.every(({ name }) => name !== 'similarity');
  const held = labelled ? validationSampler(recipe, relations) : undefined;
  return {
    ...(held && { batches: Array.from({ length: held.batches }, (_, step) => held.sampler.batch(step)) }),
    ...(validate &&
      validate.length > 0 && {
        figures: async (encode) => {
          const { results, macroAverage } = await evaluateAnalogy(validate, encode);
          return { ...Object.fromEntries(results.map(({ set, accuracy }) => [set, accuracy])), mean: macroAverage };
        },
      }),
  };
}

function countPairs(relations: readonly RelationSet[]): number {
  return relations.reduce((sum, { positives, negatives }) => sum + positives.length + negatives.length, 0);
}
