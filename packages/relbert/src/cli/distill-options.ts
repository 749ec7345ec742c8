/** The options of `relbert distill`, and how they become a recipe. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { poolings } from '../encoder/pooling-table.ts';
import type { RecipeOverrides } from '../run/override.ts';

/** What {@link addDistillOptions} adds, as commander hands it over. */
export interface DistillFlags {
  readonly model: string;
  readonly output: string;
  readonly recipe: string;
  readonly description?: string;
  readonly template?: string;
  readonly prompt?: string;
  readonly pooling?: string;
  readonly data?: readonly string[];
  readonly excludeRelation?: readonly string[];
  readonly excludePairs?: readonly string[];
  readonly validationShare?: number;
  readonly validationSeed?: number;
  readonly top?: number;
  readonly bottom?: number;
  readonly frequency?: number;
  readonly limit?: number | 'none';
  readonly sampling?: 'triples' | 'relations';
  readonly batch?: number;
  readonly positives?: number;
  readonly negatives?: number;
  readonly part?: readonly string[];
  readonly categoryTriples?: boolean;
  readonly triples?: 'all' | 'drawn';
  readonly loss?: readonly string[];
  readonly temperature?: number;
  readonly teacherTemperature?: number | 'none';
  readonly margin?: number;
  readonly distance?: 'euclidean' | 'cosine';
  readonly hinge?: 'paper' | 'code';
  readonly reduction?: 'mean' | 'sum';
  readonly symmetric?: boolean;
  readonly inBatchForm?: 'matrix' | 'flattened';
  readonly classificationBias?: boolean;
  readonly infoncePositives?: 'each' | 'all' | 'sum';
  readonly teacher?: string;
  readonly pairs?: readonly string[];
  readonly pairsPerStep?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly lr?: number;
  readonly warmup?: number;
  readonly decay?: 'constant' | 'linear' | 'cosine';
  readonly weightDecay?: number;
  readonly decayAll?: boolean;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly clip?: number | 'none';
  readonly dropout?: number | 'none';
  readonly freezeEmbeddings?: boolean;
  readonly freezeLayers?: number;
  readonly average?: number | 'none';
  readonly every?: number | 'none';
  readonly metric?: string;
  readonly patience?: number | 'none';
  readonly seed?: number;
  readonly microBatchTokens?: number;
  readonly fusedTokens?: number | 'none';
  readonly validate?: readonly string[];
  readonly dtype: 'f32' | 'f16';
  readonly threads?: number;
  readonly offline?: boolean;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

/** A number in a range, for options; the message says which numbers are meant. */
function number(expected: string, valid: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !valid(value)) {
      throw new InvalidArgumentError(`Expected ${expected}.`);
    }
    return value;
  };
}

const count = number('a whole number from 1 upward', (value) => Number.isSafeInteger(value) && value >= 1);
const whole = number('a whole number from 0 upward', (value) => Number.isSafeInteger(value) && value >= 0);
const integer = number('a whole number', Number.isSafeInteger);
const positive = number('a number above 0', (value) => value > 0);
const notNegative = number('a number from 0 upward', (value) => value >= 0);
const share = number('a number from 0 to below 1', (value) => value >= 0 && value < 1);
const anyNumber = number('a number', () => true);
/**
 * `none`, or what `parse` reads; `none` sets an option back that the recipe has given a value. A word and not null, of
 * which commander makes an empty text.
 */
function orNone(parse: (text: string) => number): (text: string) => number | 'none' {
  return (text) => (text === 'none' ? text : parse(text));
}
/** Of an option that may be given several times. */
const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addDistillOptions(command: Command): Command {
  return command
    .requiredOption('--model <model>', 'language model to start from: folder, hub id, or id@revision')
    .requiredOption('--output <dir>', 'folder to be made, in HuggingFace layout')
    .option(
      '--recipe <name>',
      'default, embedded, mpnet, emnlp2021, emnlp2021-code, journal2023, or a .json file',
      'default',
    )
    .option('--description <text>', "instead of the recipe's, for recipe.json")
    .optionsGroup('Prompt:')
    .option('--template <template>', "letter a-e, or text with <subj>, <obj>, <mask>; none: the checkpoint's own")
    .option('--prompt <dir>', 'prompt that relbert prompt search or tune made, instead of a template')
    .option('--pooling <pooling>', `${poolings.join(', ')}; none: the checkpoint's own`)
    .optionsGroup('Data:')
    .option('--data <source...>', 'semeval2012, wordnet, package/..., files of relations, folders of SemEval ratings')
    .option('--exclude-relation <name...>', 'leave out relations by name or id, or whole categories')
    .option('--exclude-pairs <file...>', 'leave out, in both orders, every pair of these analogy or relation files')
    .option('--top <n>', 'SemEval: pairs with the highest ratings, the positives', count)
    .option('--bottom <n>', 'SemEval: pairs with the lowest ratings, the negatives', whole)
    .option('--frequency <n>', "WordNet: least frequency of a pair's rarer word in WordNet's corpora", whole)
    .option('--limit <n>', 'WordNet: most pairs of one relation; none: all', orNone(count))
    .option('--validation-share <share>', 'share of the pairs kept for the validation loss', share)
    .option('--validation-seed <n>', 'which pairs are kept for it', integer)
    .optionsGroup('Batches:')
    .addOption(new Option('--sampling <kind>', 'how a batch is drawn').choices(['triples', 'relations']))
    .option('--batch <n>', 'relations a step', positive)
    .option('--positives <n>', 'positives of each relation a step', count)
    .option('--negatives <n>', 'negatives of each relation a step', whole)
    .option(
      '--part <settings>',
      "instead of the recipe's parts, for each of them: relations=N,positives=N,negatives=N,balance=X,data=SOURCE,mixed",
      collected,
    )
    .option('--category-triples', 'triples at the category level too')
    .option('--no-category-triples', 'no triples at the category level')
    .addOption(new Option('--triples <which>', 'triples in the loss').choices(['all', 'drawn']))
    .optionsGroup('Loss:')
    .option(
      '--loss <name:weight...>',
      'NAME or NAME:WEIGHT: triplet, in-batch, category, classification, infonce, infoloob, similarity; several are added up',
    )
    .option('--temperature <x>', 'of infonce, infoloob and similarity', positive)
    .option('--teacher-temperature <x>', "of similarity; none: the student's", orNone(positive))
    .option('--margin <x>', 'of the triplet losses: triplet, in-batch, category', anyNumber)
    .addOption(new Option('--distance <name>', 'of the triplet losses').choices(['euclidean', 'cosine']))
    .addOption(
      new Option('--hinge <sign>', "of the margin; code: taken off, as the authors' program does").choices([
        'paper',
        'code',
      ]),
    )
    .addOption(
      new Option('--reduction <name>', 'over the triples of the triplet losses and classification').choices([
        'mean',
        'sum',
      ]),
    )
    .option('--symmetric', 'anchors and positives exchanged too: the triplet losses and classification')
    .option('--no-symmetric', 'not exchanged')
    .addOption(new Option('--in-batch-form <name>', 'of in-batch').choices(['matrix', 'flattened']))
    .option('--classification-bias', 'classification with a bias')
    .option('--no-classification-bias', 'without one')
    .addOption(
      new Option('--infonce-positives <how>', 'how several positives of an anchor count in infonce').choices([
        'each',
        'all',
        'sum',
      ]),
    )
    .option('--teacher <model>', 'relation encoder whose similarities are learnt; none: no teacher')
    .option('--pairs <file...>', 'further pairs for the teacher, with or without relations; none: no further pairs')
    .option('--pairs-per-step <n>', 'pairs drawn from those files each step', count)
    .optionsGroup('Training:')
    .option('--steps <n>', 'steps of the run', count)
    .option('--epochs <n>', 'passes over the data, instead of steps', positive)
    .option('--lr <x>', 'learning rate', positive)
    .option('--warmup <n>', 'steps of linear warm-up', whole)
    .addOption(
      new Option('--decay <kind>', 'learning rate after the warm-up').choices(['constant', 'linear', 'cosine']),
    )
    .option('--weight-decay <x>', 'decoupled weight decay', notNegative)
    .option('--decay-all', 'weight decay of biases and LayerNorm too')
    .option('--no-decay-all', 'of matrices only')
    .option('--beta1 <x>', 'of AdamW', share)
    .option('--beta2 <x>', 'of AdamW', share)
    .option('--epsilon <x>', 'of AdamW', positive)
    .option('--clip <norm>', 'largest norm of the gradient, or none', orNone(positive))
    .option('--dropout <p>', "dropout probability; none: the model's own", orNone(share))
    .option('--freeze-embeddings', 'do not train the embeddings')
    .option('--no-freeze-embeddings', 'train them')
    .option('--freeze-layers <n>', 'do not train this many layers, from below', whole)
    .option(
      '--average <decay>',
      'keep a moving average of the weights, and validate and save it; none: the weights themselves',
      orNone(share),
    )
    .option('--seed <n>', 'seed of everything that is drawn', integer)
    .option('--micro-batch-tokens <n>', 'tokens of a micro-batch', count)
    .option(
      '--fused-tokens <n>',
      'tokens kept in memory at once; more go through gradient caching; none: by the model',
      orNone(count),
    )
    .optionsGroup('Validation and checkpoints:')
    .option('--validate <path...>', 'analogy questions: folders with valid.jsonl, or .jsonl files')
    .option('--every <n>', 'validate and write a checkpoint each so many steps; none: at the end', orNone(count))
    .option(
      '--metric <figure>',
      'validation figure that decides which weights are kept: loss, mean (of the accuracies of --validate), or a set of questions by name; step: the last weights; none: mean where there are questions, else loss',
    )
    .option('--patience <n>', 'stop after so many validations without a better one; none: never', orNone(count))
    .option('--resume', "go on from the output folder's last checkpoint")
    .option('--overwrite', 'replace the output folder')
    .optionsGroup('Other:')
    .addOption(new Option('--dtype <dtype>', 'of the saved weights').choices(['f32', 'f16']).default('f32'))
    .option('--threads <number>', 'threads of one operator (default: one a physical core)', count)
    .option('--offline', 'use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)');
}

/** The flags as what is put over the recipe; those not given are left out. */
export function recipeOverrides(flags: DistillFlags): RecipeOverrides {
  const training = {
    steps: flags.steps,
    epochs: flags.epochs,
    learningRate: flags.lr,
    warmup: flags.warmup,
    decay: flags.decay,
    weightDecay: flags.weightDecay,
    decayAll: flags.decayAll,
    beta1: flags.beta1,
    beta2: flags.beta2,
    epsilon: flags.epsilon,
    clip: noneAsNull(flags.clip),
    dropout: noneAsNull(flags.dropout),
    freezeEmbeddings: flags.freezeEmbeddings,
    freezeLayers: flags.freezeLayers,
    average: noneAsNull(flags.average),
    every: noneAsNull(flags.every),
    metric: noneAsNull(flags.metric),
    patience: noneAsNull(flags.patience),
    seed: flags.seed,
    triples: flags.triples,
    microBatchTokens: flags.microBatchTokens,
    fusedTokens: noneAsNull(flags.fusedTokens),
  };
  const overrides = {
    description: flags.description,
    template: flags.template,
    pooling: flags.pooling,
    data: flags.data,
    excludeRelations: flags.excludeRelation,
    validationShare: flags.validationShare,
    validationSeed: flags.validationSeed,
    losses: flags.loss,
    temperature: flags.temperature,
    teacherTemperature: noneAsNull(flags.teacherTemperature),
    margin: flags.margin,
    distance: flags.distance,
    hinge: flags.hinge,
    reduction: flags.reduction,
    symmetric: flags.symmetric,
    inBatchForm: flags.inBatchForm,
    classificationBias: flags.classificationBias,
    infoncePositives: flags.infoncePositives,
    batch: flags.batch,
    positives: flags.positives,
    negatives: flags.negatives,
    parts: flags.part,
    top: flags.top,
    bottom: flags.bottom,
    frequency: flags.frequency,
    limit: noneAsNull(flags.limit),
    sampling: flags.sampling,
    categoryTriples: flags.categoryTriples,
    teacher: noneAsNull(flags.teacher),
    pairs: flags.pairs?.length === 1 && flags.pairs[0] === 'none' ? [] : flags.pairs,
    pairsPerStep: flags.pairsPerStep,
  };
  return { ...given(overrides), training: given(training) };
}

function noneAsNull<T>(value: T | 'none'): T | null {
  return value === 'none' ? null : value;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
