/** What both entry points offer: everything that does not depend on where files and kernels come from. */

export { ClassifierError } from './classify/error.ts';
export { type ClassifierMethod, classifierMethods, type FitFigures } from './classify/fit.ts';
export type { LabelledExample } from './classify/folds.ts';
export type {
  ClassifierInfo,
  FitClassifierOptions,
  FitEvent,
  Prediction,
  PredictOptions,
} from './classify/relation-classifier.ts';
export { ClusterError, type Clustering, type ClusterOptions, clusterEmbeddings } from './cluster/cluster.ts';
export { clusterMap } from './cluster/cluster-map.ts';
export type { Checkpoint } from './encoder/checkpoint.ts';
export { EmbeddingError } from './encoder/embedding-error.ts';
export {
  cosine,
  type EmbeddingBlock,
  type Embeddings,
  normalizeRows,
  row,
  type SkippedPair,
} from './encoder/embeddings.ts';
export { type Dtype, dtypes, type EncoderOptions } from './encoder/encoder-options.ts';
export {
  type LanguageModel,
  openLanguageModel,
  type RelationModel,
  type RelationModelOptions,
  relationModel,
} from './encoder/language-model.ts';
export { OptionError } from './encoder/option-error.ts';
export { type Pooling, PoolingError, poolings } from './encoder/pooling.ts';
export type { PromptToken } from './encoder/prompt-tokens.ts';
export {
  type EncodeEvent,
  type EncodeOptions,
  type EncoderInfo,
  PromptTooLongError,
  type RankedChoice,
  type RankOptions,
  type StreamOptions,
} from './encoder/relation-encoder.ts';
export { tokenVectors } from './encoder/word-vectors.ts';
export type { CheckpointFiles } from './formats/byte-source.ts';
export { CheckpointError } from './formats/checkpoint-error.ts';
export {
  type AnalogyToComplete,
  type Completion,
  type CompletionOptions,
  completeAnalogy,
  type EncodePairs,
  type WordTable,
} from './index/completion.ts';
export { IndexError, WhereError } from './index/error.ts';
export type { IndexFile, IndexFolder, NewIndexFile, WritableIndexFolder } from './index/index-folder.ts';
export { type PairVector, questionOf } from './index/index-question.ts';
export {
  type AddedRows,
  type IndexedBlock,
  type IndexWriteEvent,
  IndexWriter,
  type IndexWriterOptions,
} from './index/index-writer.ts';
export type { ModelIdentity } from './index/manifest.ts';
export { type MinedPair, type MineOptions, type MiningPool, minePairs } from './index/mining.ts';
export type { OpenIndexOptions } from './index/open-segments.ts';
export type { IndexNeighbour, IndexQuery, IndexSearchOptions, PairIndex } from './index/pair-index.ts';
export { type IndexInfo, RelationIndex, type VerifyEvent } from './index/relation-index.ts';
export { EncoderConfigError } from './models/config.ts';
export { WeightError } from './models/weights.ts';
export { furtherColumns } from './pair/further-columns.ts';
export { PairError } from './pair/pair-error.ts';
export { sharedWordLoss } from './pair/shared-word.ts';
export { toWordPair, type WordPair, type WordPairLike } from './pair/word-pair.ts';
export type { EncodedPrompt, Prompt } from './prompt/prompt.ts';
export { PromptError } from './prompt/prompt-error.ts';
export type { PromptSpec, SoftSpec, TemplateSpec, TriggerSpec } from './prompt/spec.ts';
export { type Device, type DeviceChoice, devices } from './runtime/device.ts';
export { RuntimeError } from './runtime/error.ts';
export type { Runtime, Session, SessionOptions, TensorData, TensorValue, TensorValues } from './runtime/session.ts';
export { DisposedError } from './text/disposed-error.ts';
export { MissingPackageError } from './text/missing-package-error.ts';
export { RelbertError } from './text/relbert-error.ts';
export type { DecodeOptions, SpecialTokens, Tokenization, Tokenizer } from './tokenizer/tokenizer.ts';
export { TokenizerError } from './tokenizer/tokenizer-error.ts';
