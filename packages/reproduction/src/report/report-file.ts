/** What `relbert report` measures, as its JSON holds it: plain data, checked when it is read again. */
import { RelbertError } from 'relbert';
import * as z from 'zod';

const fraction = z.number().min(0).max(1);
const interval = z.strictObject({ low: fraction, high: fraction });
const pair = z.tuple([z.string(), z.string()]);
const count = { questions: z.int(), correct: z.int(), accuracy: fraction };

const analogy = z.strictObject({
  set: z.string(),
  split: z.string(),
  ...count,
  /** 95 % bootstrap interval. */
  interval,
  chance: fraction,
  categories: z.array(z.strictObject({ category: z.string(), ...count, interval })),
  groups: z.array(z.strictObject({ group: z.string(), category: z.string().nullable(), ...count })),
  seconds: z.number(),
  command: z.string(),
});

const classScores = z.strictObject({ precision: fraction, recall: fraction, f1: fraction, support: z.int() });
const classification = z.strictObject({
  set: z.string(),
  /** `both`, `cat+dot` ... */
  features: z.string(),
  macroF1: fraction,
  microF1: fraction,
  perClass: z.record(z.string(), classScores),
  confusion: z.strictObject({ labels: z.array(z.string()), counts: z.array(z.array(z.int())) }),
  /** null: the set has no validation pairs. */
  validationMacroF1: fraction.nullable(),
  classifier: z.strictObject({
    hidden: z.int(),
    learningRate: z.number(),
    epochs: z.int(),
    loss: z.number(),
    converged: z.boolean(),
    seed: z.int(),
  }),
  search: z.enum(['default', 'grid']),
  seconds: z.number(),
  command: z.string(),
});

const mapping = z.strictObject({
  set: z.string(),
  problems: z.int(),
  terms: z.int(),
  accuracy: fraction,
  termAccuracy: fraction,
  solved: fraction,
  /** Whether every mapping is proven to be the best. */
  proven: z.boolean(),
  seconds: z.number(),
  command: z.string(),
});

const neighbours = z.strictObject({
  /** What the candidates are. */
  among: z.string(),
  /** Those with a vector. */
  candidates: z.int(),
  queries: z.array(z.strictObject({ pair, neighbours: z.array(z.strictObject({ pair, score: z.number() })) })),
  seconds: z.number(),
  /** null: no command repeats it (word vectors). */
  command: z.string().nullable(),
});

/** Pairs of one set in two dimensions. */
const map = z.strictObject({
  set: z.string(),
  axes: pair,
  relations: z.array(z.string()),
  points: z.array(
    z.tuple([z.number(), z.number(), z.int(), z.string(), z.string()]), // x, y, index of the relation, head, tail
  ),
  /** null: no command repeats it (word vectors). */
  command: z.string().nullable(),
});

const machine = z.strictObject({
  processor: z.string(),
  cores: z.int(),
  memoryGB: z.number(),
  system: z.string(),
});

const prompt = z.strictObject({
  kind: z.enum(['template', 'trigger', 'soft']),
  text: z.string(),
  /** Tokens or vectors before the head, between the words and after the tail; null: a template has none. */
  counts: z.strictObject({ top: z.int(), mid: z.int(), bottom: z.int() }).nullable(),
});

const model = z.strictObject({
  /** Unique in a report. */
  name: z.string().min(1),
  /** Models of one group stand together: `templates`, `ablations`. */
  group: z.string().nullable(),
  /** As `--model` took it. */
  model: z.string(),
  /** The command that made the model, where it is known. */
  made: z.string().nullable(),
  /** Name of the model that this one is an alteration of, for the differences of Table 4. */
  comparedTo: z.string().nullable(),
  /** null: no language model (word vectors). */
  encoder: z
    .strictObject({
      architecture: z.string(),
      layers: z.int(),
      hiddenSize: z.int(),
      parameters: z.int(),
      prompt,
      pooling: z.string(),
      dimension: z.int(),
      dtype: z.enum(['f32', 'int8']),
      /** What analogies took off the cosine of pairs that share a word; none: nothing. */
      sharedWordDiscount: z.number().optional(),
      /** SHA-256 of configuration, tokenizer and weights. Reports of earlier versions have none. */
      hash: z.string().optional(),
    })
    .nullable(),
  run: z.strictObject({
    started: z.iso.datetime(),
    seconds: z.number(),
    seed: z.int(),
    threads: z.int().nullable(),
    machine,
    versions: z.record(z.string(), z.string()),
  }),
  /** Words without a vector, of word vectors. */
  missingWords: z.int(),
  analogy: z.array(analogy),
  classification: z.array(classification),
  mapping: z.array(mapping),
  neighbours: neighbours.nullable(),
  map: map.nullable(),
});

/** The data as they were found: what the paper's Table 1 counts. */
const data = z.strictObject({
  analogy: z.array(z.strictObject({ set: z.string(), split: z.string(), questions: z.int() })),
  classification: z.array(
    z.strictObject({ set: z.string(), split: z.string(), relations: z.record(z.string(), z.int()) }),
  ),
  mapping: z.array(z.strictObject({ set: z.string(), problems: z.int(), terms: z.int() })),
});

const report = z.object({
  format: z.literal('relbert-report'),
  version: z.literal(1),
  created: z.iso.datetime(),
  command: z.string(),
  /** What was looked for and not found, or left out. */
  skipped: z.array(z.string()),
  data,
  models: z.array(model).min(1),
});

export type AnalogyFigures = z.infer<typeof analogy>;
export type ClassificationFigures = z.infer<typeof classification>;
export type MappingFigures = z.infer<typeof mapping>;
export type NeighbourLists = z.infer<typeof neighbours>;
export type RelationMap = z.infer<typeof map>;
export type ReportModel = z.infer<typeof model>;
export type DataSummary = z.infer<typeof data>;
export type Report = z.infer<typeof report>;

/** A file that is no report. */
export class ReportError extends RelbertError {
  override readonly name = 'ReportError';
}

/** Reads a report that `relbert report` wrote. @throws ReportError naming the file and what is wrong in it */
export function parseReport(source: { readonly file: string; readonly text: string }): Report {
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch (error) {
    throw new ReportError(`${source.file}: is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const read = report.safeParse(value);
  if (read.success) return read.data;
  throw new ReportError(`${source.file}: is no report that relbert report wrote: ${firstIssue(read.error)}`);
}

/** `models.0.analogy: Invalid input`: the first thing that is wrong. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return error.message;
  const place = issue.path.map(String).join('.');
  const problem = issue.message.replace('received undefined', 'there is nothing');
  return place === '' ? problem : `${place}: ${problem}`;
}

/**
 * One report of several, models in the order given.
 * @throws ReportError where two hold a model of the same name, or counted different data under one name
 */
export function mergeReports(reports: readonly Report[], command: string, created: string): Report {
  const models = reports.flatMap((own) => own.models);
  const twice = models.find(({ name }, i) => models.findIndex((other) => other.name === name) < i);
  if (twice) throw new ReportError(`two of the reports hold a model named '${twice.name}': rename one of them`);
  return {
    format: 'relbert-report',
    version: 1,
    created,
    command,
    skipped: [...new Set(reports.flatMap(({ skipped }) => skipped))],
    data: {
      analogy: union(reports.map((own) => own.data.analogy)),
      classification: union(reports.map((own) => own.data.classification)),
      mapping: union(reports.map((own) => own.data.mapping)),
    },
    models,
  };
}

interface Counted {
  readonly set: string;
  readonly split?: string;
}

function union<T extends Counted>(lists: readonly (readonly T[])[]): T[] {
  const found = new Map<string, T>();
  for (const entry of lists.flat()) {
    const key = JSON.stringify([entry.set, entry.split]);
    const before = found.get(key);
    if (before && JSON.stringify(before) !== JSON.stringify(entry)) {
      throw new ReportError(
        `the reports were made of different data: ${entry.set} ${entry.split ?? ''} is ${JSON.stringify(before)} in one and ${JSON.stringify(entry)} in another`,
      );
    }
    found.set(key, entry);
  }
  return [...found.values()];
}
