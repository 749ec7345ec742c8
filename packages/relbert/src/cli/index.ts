/**
 * For packages that add commands to `relbert`, in Node: the parts of its command line. A command that is built from
 * them takes the same options as the others, reads the same files and reports a mistake in the same words.
 *
 * @module
 */
export { type PlacedLabel, placeLabels } from '../cluster/label-places.ts';
export { type Frame, squareFrame } from '../cluster/square-frame.ts';
export { CARRIED_DATA, pairsOfCarried } from '../data/carried.ts';
export { holdsRelations } from '../data/relation-set.ts';
export { checkOptionNames, OptionError } from '../encoder/option-error.ts';
export { modelDifference } from '../index/manifest.ts';
export { lockFolder } from '../node/file-lock.ts';
export { makeFolder, writeFileAtomic } from '../node/files.ts';
export { writeFilesTogether } from '../node/files-together.ts';
export { describeMachine, describeVersions } from '../node/machine.ts';
export { modelHash } from '../node/model-hash.ts';
export { modelFiles } from '../node/open-model.ts';
export { isCarried, readCarriedPairs, readPackageData } from '../node/package-data.ts';
export { readPromptFolder } from '../node/prompt-folder.ts';
export { kindOfPath, listFolder, readText } from '../node/read-file.ts';
export { clearLeftovers, temporaryPath } from '../node/temporary-file.ts';
export { pairFileFormat, parsePairBytes } from '../pair/pair-file.ts';
export { deduplicatePairs, pairKey } from '../pair/pair-key.ts';
export { manualTemplates } from '../prompt/template.ts';
export { eventLoopTurn } from '../runtime/event-loop.ts';
export { linesOf } from '../text/lines.ts';
export { suggestion } from '../text/nearest-name.ts';
export { isCombiningMark, isControl, isWhiteSpace } from '../tokenizer/character-class.ts';
export { readAnalogySets } from './analogy-sets.ts';
export { type CommandDeclaration, type CommandGroup, command, type Declaration } from './command.ts';
export { readLexicalRelationSet } from './evaluate-classification.ts';
export { readMappingSet } from './evaluate-mapping.ts';
export { describeError, isWrongUsage, Stopped, SUCCESS, UsageError } from './exit.ts';
export { identityOf, openPairIndex, requireModel } from './index-model.ts';
export { afterLoading, loadEncoder, type ModelFlags, modelOptions, severalModels } from './model-options.ts';
export {
  choice,
  choiceList,
  type Flags,
  flag,
  fromOne,
  fromZero,
  list,
  type NumberRange,
  number,
  type Option,
  type Options,
  outputText,
  portNumber,
  required,
  text,
  withDefault,
} from './option.ts';
export { openOutput } from './output.ts';
export { openPairs } from './pair-input.ts';
export { openPairModel, readWithProgress, readWordsOnce, vectorFileOf } from './pair-model.ts';
export { duration } from './progress.ts';
export { QueuedBar } from './queued-bar.ts';
export { StageProgress } from './stage-progress.ts';
export { createTerminal, type Terminal } from './terminal.ts';
