import { isWeightsFile } from '../encoder/checkpoint.ts';
import { isTokenizerFile } from '../encoder/checkpoint-tokenizer.ts';
import type { RunKind } from './run-folder.ts';

/** The pairs of a run, the first file that it writes. */
export const trainPairsName = 'train-pairs.tsv';
export const recipeFileName = 'recipe.json';

/** Beside tokenizer and weights; finetuning_config.json is the Python package's. */
const savedNames = ['learning-curve.svg', 'README.md', 'config.json', 'finetuning_config.json'];

/** What `distill` writes. */
export const distillRun: RunKind = {
  result: 'model',
  log: 'train.jsonl',
  marks: [recipeFileName, trainPairsName],
  main: 'model.safetensors',
  // Tokenizer and weights of another model would be read with the new ones.
  isResult: (name) => savedNames.includes(name) || isTokenizerFile(name) || isWeightsFile(name),
};
