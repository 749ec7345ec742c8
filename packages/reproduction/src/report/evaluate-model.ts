/** Every evaluation that the data at hand allow, of one model. */
import type { Runtime, WordPair } from 'relbert';
import {
  type AnalogyResult,
  type ClassificationScores,
  embedDistinct,
  evaluateAnalogy,
  evaluateClassification,
  evaluateMapping,
  type FeatureExtractor,
  type LabelledPair,
  nearestNeighbours,
  type PairEmbedder,
} from 'relbert/evaluate';
import { Random } from 'relbert/train';
import { projectEmbeddings } from '../plot/projection.ts';
import { type ModelChoice, repeatCommand } from './repeat-command.ts';
import type { ReportData } from './report-data.ts';
import type {
  AnalogyFigures,
  ClassificationFigures,
  MappingFigures,
  NeighbourLists,
  RelationMap,
  ReportModel,
} from './report-file.ts';

/** The model to judge. */
export interface ReportSubject {
  readonly choice: ModelChoice;
  /** `relbert neighbours` and `plot map` take an encoder only. */
  readonly kind: 'encoder' | 'word vectors';
  readonly embed: PairEmbedder;
  /** What analogies take off the cosine of pairs that share a word. Default 0. */
  readonly sharedWordDiscount?: number;
  /** Features for classification by name; the first is what others call the model's own. */
  readonly features: readonly { readonly name: string; readonly extract: FeatureExtractor }[];
}

/** What happens on the way. */
export type ReportEvent =
  /** An evaluation begins. */
  | { readonly kind: 'begin'; readonly evaluation: Evaluation; readonly set: string | undefined }
  /** It ended; `figure` says in a few words what came out. */
  | { readonly kind: 'end'; readonly evaluation: Evaluation; readonly set: string | undefined; readonly figure: string }
  /** Classifiers were trained for so many epochs of at most `total`. */
  | { readonly kind: 'training'; readonly set: string; readonly done: number; readonly total: number }
  | { readonly kind: 'mapping'; readonly set: string; readonly done: number; readonly total: number };

export type Evaluation = 'analogy' | 'classification' | 'mapping' | 'neighbours' | 'map';
export const EVALUATIONS: readonly Evaluation[] = ['analogy', 'classification', 'mapping', 'neighbours', 'map'];

export interface EvaluateModelOptions {
  /** Of intervals, classifiers and samples. Default 0. */
  readonly seed?: number;
  /** The classifier's settings: scikit-learn's defaults (default), or chosen on the validation pairs. */
  readonly search?: 'default' | 'grid';
  /** Neighbours a query. Default 10. */
  readonly top?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (event: ReportEvent) => void;
}

/** The part of a report's model that is measured. */
export type ModelFigures = Pick<ReportModel, 'analogy' | 'classification' | 'mapping' | 'neighbours' | 'map'>;

/**
 * Runs the evaluations that there are data for, one after the other, and each set by itself, so that its seconds are those of
 * the command that repeats its figure. Within a set every distinct pair is embedded once; between the sets of the paper hardly any is shared.
 * @param runtime For the classifiers.
 */
export async function evaluateModel(
  subject: ReportSubject,
  data: ReportData,
  runtime: Runtime,
  options: EvaluateModelOptions = {},
): Promise<ModelFigures> {
  const run = new Run(subject, data, runtime, options);
  return {
    analogy: await run.analogy(),
    classification: await run.classification(),
    mapping: await run.mapping(),
    neighbours: await run.neighbours(),
    map: await run.map(),
  };
}

/** Pairs of a map: enough to see, few enough to tell apart. */
const MAP_PAIRS = 400;

class Run {
  readonly #subject: ReportSubject;
  readonly #data: ReportData;
  readonly #runtime: Runtime;
  readonly #options: EvaluateModelOptions;
  readonly #seed: number;

  constructor(subject: ReportSubject, data: ReportData, runtime: Runtime, options: EvaluateModelOptions) {
    this.#subject = subject;
    this.#data = data;
    this.#runtime = runtime;
    this.#options = options;
    this.#seed = options.seed ?? 0;
  }

  async analogy(): Promise<AnalogyFigures[]> {
    const sets = this.#data.analogy;
    if (sets.length === 0) return [];
    this.#begin('analogy', undefined);
    const figures: AnalogyFigures[] = [];
    for (const own of sets) {
      this.#options.signal?.throwIfAborted();
      const start = performance.now();
      const { results } = await evaluateAnalogy([own], this.#subject.embed, {
        seed: this.#seed,
        sharedWordDiscount: this.#subject.sharedWordDiscount ?? 0,
      });
      const { categories, groups, ...rest } = results[0] as AnalogyResult;
      figures.push({
        ...rest,
        categories: [...categories],
        groups: groups.map((group) => ({ ...group, category: group.category ?? null })),
        seconds: secondsSince(start),
        command: this.#command(['evaluate', 'analogy', '--data', own.path], this.#seedFlag()),
      });
    }
    this.#end(
      'analogy',
      undefined,
      figures.map(({ set, split, accuracy }) => `${set} ${split} ${percent(accuracy)}`).join(', '),
    );
    return figures;
  }

  async classification(): Promise<ClassificationFigures[]> {
    const figures: ClassificationFigures[] = [];
    for (const own of this.#data.classification) {
      for (const features of this.#subject.features) {
        this.#options.signal?.throwIfAborted();
        figures.push(await this.#classify(own, features));
      }
    }
    return figures;
  }

  async #classify(
    { name, path, set }: ReportData['classification'][number],
    features: ReportSubject['features'][number],
  ): Promise<ClassificationFigures> {
    const { search = 'default', signal, onProgress } = this.#options;
    const { threads } = this.#subject.choice;
    const label = this.#subject.features.length > 1 ? `${name} (${features.name})` : name;
    this.#begin('classification', label);
    const start = performance.now();
    const result = await evaluateClassification(set, features.extract, this.#runtime, {
      search,
      seed: this.#seed,
      ...(threads !== undefined && { threads }),
      ...(signal && { signal }),
      onProgress: ({ done, total }) => onProgress?.({ kind: 'training', set: label, done, total }),
    });
    const { test, validation, classifier } = result;
    const flags = [
      ...(this.#subject.features[0] === features ? [] : ['--features', features.name]),
      ...(search === 'grid' ? ['--grid'] : []),
      ...this.#seedFlag(),
    ];
    this.#end('classification', label, `macro F1 ${percent(test.macroF1)}, micro F1 ${percent(test.microF1)}`);
    return {
      set: name,
      features: features.name,
      macroF1: test.macroF1,
      microF1: test.microF1,
      ...perClassAndConfusion(test),
      validationMacroF1: validation?.macroF1 ?? null,
      classifier,
      search: search === 'grid' && set.validation ? 'grid' : 'default',
      seconds: secondsSince(start),
      command: this.#command(['evaluate', 'classification', '--data', path], flags),
    };
  }

  async mapping(): Promise<MappingFigures[]> {
    const { signal, onProgress } = this.#options;
    const figures: MappingFigures[] = [];
    for (const { name, path, problems } of this.#data.mapping) {
      signal?.throwIfAborted();
      this.#begin('mapping', name);
      const start = performance.now();
      const { results, accuracy, termAccuracy, solved } = await evaluateMapping(problems, this.#subject.embed, {
        ...(signal && { signal }),
        onProgress: ({ done, total }) => onProgress?.({ kind: 'mapping', set: name, done, total }),
      });
      figures.push({
        set: name,
        problems: results.length,
        terms: problems.reduce((sum, { source }) => sum + source.length, 0),
        accuracy,
        termAccuracy,
        solved,
        proven: results.every(({ optimal }) => optimal),
        seconds: secondsSince(start),
        command: this.#command(['evaluate', 'mapping', '--data', path]),
      });
      this.#end('mapping', name, `${percent(accuracy)} % of the terms of a problem`);
    }
    return figures;
  }

  async neighbours(): Promise<NeighbourLists | null> {
    const search = this.#data.neighbours;
    if (!search) return null;
    this.#options.signal?.throwIfAborted();
    const { among, path, candidates, queries } = search;
    const { top = 10, signal } = this.#options;
    this.#begin('neighbours', undefined);
    const start = performance.now();
    const table = await embedDistinct([...queries, ...candidates], this.#subject.embed);
    // Words without a vector leave a pair without a direction.
    const usable = [...queries, ...candidates].map((pair, i) => {
      const vector = table.at(i);
      return vector.some((value) => value !== 0) ? [{ pair, vector }] : [];
    });
    const asked = usable.slice(0, queries.length).flat();
    const searched = usable.slice(queries.length).flat();
    const blocks = searched.map(({ pair, vector }) => ({
      pairs: [pair],
      data: vector,
      shape: [1, table.dimension] as const,
    }));
    const found = await nearestNeighbours(asked, blocks, { top, ...(signal && { signal }) });
    const words = ({ head, tail }: WordPair): [string, string] => [head, tail];
    this.#end('neighbours', undefined, `${asked.length} pairs among ${searched.length}`);
    return {
      among,
      candidates: searched.length,
      queries: asked.map(({ pair }, i) => ({
        pair: words(pair),
        neighbours: (found[i] ?? []).map((neighbour) => ({ pair: words(neighbour.pair), score: neighbour.score })),
      })),
      seconds: secondsSince(start),
      command: this.#encoderCommand(['neighbours', ...asked.map(({ pair }) => argument(pair)), '--among', path]),
    };
  }

  async map(): Promise<RelationMap | null> {
    const own = this.#data.map;
    if (!own) return null;
    const { signal } = this.#options;
    signal?.throwIfAborted();
    this.#begin('map', own.name);
    const pairs = samplePairs(own.set.test, MAP_PAIRS, this.#seed);
    const { data, shape } = await this.#subject.embed(pairs);
    const { points, axes } = await projectEmbeddings(
      { data, shape: [pairs.length, shape[1] as number] },
      { seed: this.#seed, ...(signal && { signal }) },
    );
    const { relations } = own.set;
    const round = (value: number) => Number(value.toFixed(3));
    this.#end('map', own.name, `${pairs.length} pairs`);
    return {
      set: own.name,
      axes: [...axes],
      relations: [...relations],
      points: points.map(([x, y], i) => {
        const { head, tail, relation } = pairs[i] as LabelledPair;
        return [round(x), round(y), relations.indexOf(relation), head, tail];
      }),
      command: this.#encoderCommand(
        ['plot', 'map', own.testFile, '--limit', String(MAP_PAIRS), '--output', 'map.svg'],
        this.#seedFlag(),
      ),
    };
  }

  #begin(evaluation: Evaluation, set: string | undefined): void {
    this.#options.onProgress?.({ kind: 'begin', evaluation, set });
  }

  #end(evaluation: Evaluation, set: string | undefined, figure: string): void {
    this.#options.onProgress?.({ kind: 'end', evaluation, set, figure });
  }

  #command(command: readonly string[], flags: readonly string[] = []): string {
    return repeatCommand([...command, ...flags], this.#subject.choice);
  }

  /** null: the command does not take word vectors. */
  #encoderCommand(command: readonly string[], flags: readonly string[] = []): string | null {
    return this.#subject.kind === 'encoder' ? this.#command(command, flags) : null;
  }

  #seedFlag(): string[] {
    return this.#seed === 0 ? [] : ['--seed', String(this.#seed)];
  }
}

function perClassAndConfusion({ perClass, confusion }: ClassificationScores) {
  const { labels, counts } = confusion;
  return { perClass: { ...perClass }, confusion: { labels: [...labels], counts: counts.map((row) => [...row]) } };
}

/** At most `limit` of the pairs, in their order, each as likely. */
export function samplePairs<T>(pairs: readonly T[], limit: number, seed: number): T[] {
  if (pairs.length <= limit) return [...pairs];
  const chosen = new Random(seed).permutation(pairs.length).slice(0, limit).sort();
  return Array.from(chosen, (i) => pairs[i] as T);
}

/** A pair as a command takes it. */
function argument({ head, tail }: WordPair): string {
  return head.includes(':') || tail.includes(':') ? JSON.stringify([head, tail]) : `${head}:${tail}`;
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
