/**
 * Training from files to files, in Node: what `relbert distill`, `relbert prompt` and `relbert export` do. The files that
 * `exportOnnx` takes come from `openModel` or `folderFiles` of `relbert`.
 *
 * @module
 */

export { type ExportOnnxOptions, exportOnnx, type OnnxExport } from '../encoder/export-onnx.ts';
export { trainingStore } from '../node/training-store.ts';
export {
  describeSettings,
  parseSetting,
  type RecipeSettings,
  type SettingDescription,
  withSettings,
} from '../train/recipe-settings.ts';
export {
  type ComparedPrompt,
  type ComparePromptsEvent,
  type ComparePromptsOptions,
  comparePrompts,
} from './compare.ts';
export { type DistillEvent, distill } from './distill.ts';
export { readFurtherPairs } from './further-pairs.ts';
export type { DistillOptions } from './options.ts';
export { readTrainingData, type TrainingData } from './read-data.ts';
export { readRecipe } from './recipe-file.ts';
export { type SearchPromptEvent, type SearchPromptOptions, searchPrompt } from './search.ts';
export { comparedPairs, type LoadedTeacher, loadTeacher, type TeacherOptions } from './teacher.ts';
export { type TunePromptEvent, type TunePromptOptions, tunePrompt } from './tune.ts';
