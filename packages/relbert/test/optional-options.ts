/**
 * @file For tsc alone: with `exactOptionalPropertyTypes`, every optional setting of the public entries takes `undefined`, so
 * that callers can pass theirs through. An error names the option that does not.
 */
import type * as browser from '../src/browser.ts';
import type * as evaluate from '../src/evaluate/index.ts';
import type * as node from '../src/index.ts';
import type * as run from '../src/run/index.ts';
import type * as train from '../src/train/index.ts';

/** The options that may be left out and cannot be undefined. */
type Strict<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? { [P in K]?: T[P] | undefined } extends Pick<T, K>
      ? never
      : K
    : never;
}[keyof T];
type None<Options extends never> = Options;

export type OptionalOptions = [
  None<Strict<browser.ClassifierOptions>>,
  None<Strict<browser.FetchFilesOptions>>,
  None<Strict<browser.LoadOptions>>,
  None<Strict<browser.WebIndexOptions>>,
  None<Strict<browser.WebRuntimeOptions>>,
  None<Strict<browser.WebWorkerOptions>>,
  None<Strict<evaluate.AnalogyEvaluationOptions>>,
  None<Strict<evaluate.BootstrapOptions>>,
  None<Strict<evaluate.ClassificationOptions>>,
  None<Strict<evaluate.ClassifierOptions>>,
  None<Strict<evaluate.MappingOptions>>,
  None<Strict<evaluate.MiningEvaluationOptions>>,
  None<Strict<evaluate.NeighbourOptions>>,
  None<Strict<node.ClusterOptions>>,
  None<Strict<node.CompletionOptions>>,
  None<Strict<node.DecodeOptions>>,
  None<Strict<node.EncodeOptions>>,
  None<Strict<node.EncoderOptions>>,
  None<Strict<run.ExportOnnxOptions>>,
  None<Strict<node.HubOptions>>,
  None<Strict<node.IndexQuery>>,
  None<Strict<node.IndexSearchOptions>>,
  None<Strict<node.IndexWriterOptions>>,
  None<Strict<node.LoadOptions>>,
  None<Strict<node.MineOptions>>,
  None<Strict<node.NodeRuntimeOptions>>,
  None<Strict<node.OpenIndexOptions>>,
  None<Strict<node.PostgresIndexOptions>>,
  None<Strict<node.PushIndexOptions>>,
  None<Strict<node.PushOptions>>,
  None<Strict<node.RankOptions>>,
  None<Strict<node.StreamOptions>>,
  None<Strict<run.ComparePromptsOptions>>,
  None<Strict<run.DistillOptions>>,
  None<Strict<run.SearchPromptOptions>>,
  None<Strict<run.TunePromptOptions>>,
  None<Strict<train.PromptNeeds>>,
  None<Strict<train.RelationSamplerOptions>>,
  None<Strict<train.SamplingPart>>,
  None<Strict<train.SemEvalOptions>>,
  None<Strict<train.TrainOptions>>,
  None<Strict<train.TripleSamplerOptions>>,
];
