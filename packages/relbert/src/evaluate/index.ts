/**
 * Evaluation of relation embeddings: analogy questions, lexical relation classification, relation mapping, nearest
 * neighbours, with intervals and tests. Pure: callers read the files and bring the embeddings, and for what is trained
 * (classification) a runtime: `nodeRuntime()` or `nodeWorkerRuntime()` of `relbert` in Node, `webRuntime()` of `relbert`
 * in a browser.
 *
 * ```ts
 * import { nodeRuntime, RelationEncoder } from 'relbert';
 * import { embeddingFeatures, evaluateClassification, lexicalRelationSet } from 'relbert/evaluate';
 * import { readFileSync } from 'node:fs';
 * await using encoder = await RelationEncoder.load();
 * const read = (file: string) => ({ file, text: readFileSync(file, 'utf8') });
 * const set = lexicalRelationSet({ train: read('BLESS/train.tsv'), test: read('BLESS/test.tsv') });
 * await using runtime = nodeRuntime();
 * const { test } = await evaluateClassification(
 *   set,
 *   (pairs) => embeddingFeatures(pairs, (some) => encoder.encode(some), 'both'),
 *   runtime,
 * );
 * console.log(test.macroF1, test.microF1);
 * ```
 *
 * @module
 */
export { type AnalogyQuestion, parseAnalogyQuestions } from '../data/analogy.ts';
export {
  type LabelledPair,
  type LexicalRelationSet,
  lexicalRelationSet,
  parseLexicalRelations,
} from '../data/lexical-relation.ts';
export { type MappingProblem, parseMappings, parseScan, type ScanAnalogy, scanMappings } from '../data/mapping.ts';
export type { VectorBlock } from '../formats/vector-block.ts';
export { type PairVectors, readPairVectors, readWordVectors, type WordVectors } from '../formats/word-vectors.ts';
export type { ScoredPair } from '../index/best-pairs.ts';
export type { PairVector } from '../index/index-question.ts';
export { type NeighbourOptions, nearestNeighbours } from '../index/nearest.ts';
export { DataError, type DataFile } from '../text/data-error.ts';
export {
  type AnalogyEvaluation,
  type AnalogyEvaluationOptions,
  type AnalogyPrediction,
  type AnalogyResult,
  type AnalogySet,
  type Direction,
  evaluateAnalogy,
  guessAnalogy,
  type PairEmbedder,
  sharedWordMeans,
} from './analogy.ts';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './bootstrap.ts';
export {
  type ClassificationOptions,
  type ClassificationResult,
  evaluateClassification,
  type FeatureExtractor,
} from './classification.ts';
export { DEFAULT_SETTINGS, predictClasses, SETTINGS_GRID, trainClassifiers } from './classifier.ts';
export type {
  Classifier,
  ClassifierEvent,
  ClassifierOptions,
  ClassifierSettings,
  FeatureMatrix,
} from './classifier-model.ts';
export {
  type CompletionFigures,
  type CompletionQuestion,
  completionFigures,
  drawCompletionQuestions,
  threeCosAdd,
} from './completion.ts';
export { type EmbeddingTable, embedDistinct } from './embedding-table.ts';
export {
  evaluateMapping,
  type MappingEvaluation,
  type MappingObjective,
  type MappingOptions,
  type MappingResult,
} from './mapping.ts';
export { type McNemarResult, mcnemar } from './mcnemar.ts';
export {
  accuracy,
  type ClassificationScores,
  type ClassScores,
  type ConfusionMatrix,
  classificationScores,
} from './metrics.ts';
export {
  evaluateMining,
  type MiningEvaluationOptions,
  type MiningFigures,
  type MiningMethod,
  type MiningResult,
  miningPool,
  relationMethods,
} from './mining.ts';
export {
  appendPairVectors,
  type EmbeddingFeatures,
  embeddingFeatures,
  type WordVectorFeatures,
  wordVectorFeatures,
} from './pair-features.ts';
export { type Comparison, comparePredictions } from './prediction-file.ts';
export { type Similarity, type SimilarityName, similarities } from './similarity.ts';
export { wordMethods } from './word-mining.ts';
export { type WordVectorEmbedder, wordVectorEmbedder } from './word-vector-embedder.ts';
