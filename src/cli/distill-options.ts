/** The options of `relbert distill`, and how they become a recipe. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RecipeOverrides } from '../distill/override.ts';
import { poolingNames } from './model-options.ts';

/** What {@link addDistillOptions} adds, as commander hands it over. */
export interface DistillFlags {
  readonly model: string;
  readonly output: string;
  readonly recipe: string;
  readonly template?: string;
  readonly prompt?: string;
  readonly pooling?: string;
  readonly data?: readonly string[];
  readonly excludeRelation?: readonly string[];
  readonly excludePairs?: readonly string[];
  readonly validationShare?: number;
  readonly top?: number;
  readonly bottom?: number;
  readonly sampling?: 'triples' | 'relations';
  readonly batch?: number;
  readonly positives?: number;
  readonly negatives?: number;
  readonly categoryTriples?: boolean;
  readonly triples?: 'all' | 'drawn';
  readonly loss?: readonly string[];
  readonly temperature?: number;
  readonly margin?: number;
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
  readonly clip?: number | null;
  readonly dropout?: number;
  readonly freezeEmbeddings?: boolean;
  readonly freezeLayers?: number;
  readonly average?: number;
  readonly every?: number;
  readonly metric?: string;
  readonly patience?: number;
  readonly seed?: number;
  readonly microBatchTokens?: number;
  readonly fusedTokens?: number;
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
/** `none` or a number above 0. */
const clip = (text: string): number | null => (text === 'none' ? null : positive(text));

export function addDistillOptions(command: Command): Command {
  return command
    .requiredOption('--model <model>', 'language model to start from: folder, hub id, or id@revision')
    .requiredOption('--output <dir>', 'folder to be made, in HuggingFace layout')
    .option('--recipe <name>', 'default, embedded, emnlp2021, emnlp2021-code, journal2023, or a .json file', 'default')
    .optionsGroup('Prompt:')
    .option('--template <template>', 'letter a-e, or text with <subj>, <obj>, <mask>')
    .option('--prompt <dir>', 'prompt that relbert prompt search or tune made, in the place of a template')
    .option('--pooling <pooling>', poolingNames.join(', '))
    .optionsGroup('Data:')
    .option('--data <source...>', 'semeval2012, wordnet, package/..., files of relations, folders of SemEval ratings')
    .option('--exclude-relation <name...>', 'leave out relations by name or id, or whole categories')
    .option('--exclude-pairs <file...>', 'leave out, in both orders, every pair of these analogy or relation files')
    .option('--top <n>', 'SemEval: pairs with the highest ratings, the positives', count)
    .option('--bottom <n>', 'SemEval: pairs with the lowest ratings, the negatives', whole)
    .option('--validation-share <share>', 'share of the pairs kept for the validation loss', share)
    .optionsGroup('Batches:')
    .addOption(new Option('--sampling <kind>', 'how a batch is drawn').choices(['triples', 'relations']))
    .option('--batch <n>', 'relations a step', positive)
    .option('--positives <n>', 'positives of each relation a step', count)
    .option('--negatives <n>', 'negatives of each relation a step', whole)
    .option('--no-category-triples', 'no triples at the category level')
    .addOption(new Option('--triples <which>', 'triples in the loss').choices(['all', 'drawn']))
    .optionsGroup('Loss:')
    .option(
      '--loss <name:weight...>',
      'NAME or NAME:WEIGHT: triplet, in-batch, category, classification, infonce, infoloob, similarity; several are added up',
    )
    .option('--temperature <x>', 'of infonce, infoloob and similarity', positive)
    .option('--margin <x>', 'of the triplet losses', anyNumber)
    .option('--teacher <model>', 'relation encoder whose similarities are learnt')
    .option('--pairs <file...>', 'further pairs for the teacher, with or without relations')
    .option('--pairs-per-step <n>', 'pairs drawn from those files each step', count)
    .optionsGroup('Training:')
    .option('--steps <n>', 'steps of the run', count)
    .option('--epochs <n>', 'passes over the data, in the place of steps', positive)
    .option('--lr <x>', 'learning rate', positive)
    .option('--warmup <n>', 'steps of linear warm-up', whole)
    .addOption(
      new Option('--decay <kind>', 'learning rate after the warm-up').choices(['constant', 'linear', 'cosine']),
    )
    .option('--weight-decay <x>', 'decoupled weight decay', notNegative)
    .option('--decay-all', 'weight decay of biases and LayerNorm too')
    .option('--beta1 <x>', 'of AdamW', share)
    .option('--beta2 <x>', 'of AdamW', share)
    .option('--epsilon <x>', 'of AdamW', positive)
    .option('--clip <norm>', 'largest norm of the gradient, or none', clip)
    .option('--dropout <p>', "dropout probability (default: the model's own)", share)
    .option('--freeze-embeddings', 'do not train the embeddings')
    .option('--freeze-layers <n>', 'do not train this many layers, from below', whole)
    .option('--average <decay>', 'keep a moving average of the weights, and validate and save it', share)
    .option('--seed <n>', 'seed of everything that is drawn', integer)
    .option('--micro-batch-tokens <n>', 'tokens of a micro-batch', count)
    .option('--fused-tokens <n>', 'tokens kept in memory at once; more go through gradient caching', count)
    .optionsGroup('Validation and checkpoints:')
    .option('--validate <path...>', 'analogy questions: folders with valid.jsonl, or .jsonl files')
    .option('--every <n>', 'validate and write a checkpoint each so many steps', count)
    .option('--metric <figure>', 'the figure that decides which weights are best (default: mean, or loss)')
    .option('--patience <n>', 'stop after so many validations without a better one', count)
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
    clip: flags.clip,
    dropout: flags.dropout,
    freezeEmbeddings: flags.freezeEmbeddings,
    freezeLayers: flags.freezeLayers,
    average: flags.average,
    every: flags.every,
    metric: flags.metric,
    patience: flags.patience,
    seed: flags.seed,
    triples: flags.triples,
    microBatchTokens: flags.microBatchTokens,
    fusedTokens: flags.fusedTokens,
  };
  const overrides = {
    template: flags.template,
    pooling: flags.pooling,
    data: flags.data,
    excludeRelations: flags.excludeRelation,
    validationShare: flags.validationShare,
    losses: flags.loss,
    temperature: flags.temperature,
    margin: flags.margin,
    batch: flags.batch,
    positives: flags.positives,
    negatives: flags.negatives,
    top: flags.top,
    bottom: flags.bottom,
    sampling: flags.sampling,
    // commander sets a --no-… option to true where it is not given.
    categoryTriples: flags.categoryTriples === false ? false : undefined,
    teacher: flags.teacher,
    pairs: flags.pairs,
    pairsPerStep: flags.pairsPerStep,
  };
  return { ...given(overrides), training: given(training) };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
