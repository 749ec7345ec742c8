/** Results to draw: what `relbert evaluate ... --json` printed, or a report of `relbert report`. */

import { readText, suggestion, UsageError } from 'relbert/cli';
import * as z from 'zod';
import { firstIssue, parseReport } from '../report/report-file.ts';

const interval = z.object({ low: z.number(), high: z.number() });
const count = { questions: z.number(), accuracy: z.number() };
const analogy = z.object({
  model: z.string(),
  pooling: z.string().nullable(),
  template: z.string().nullable(),
  results: z
    .array(
      z.object({
        set: z.string(),
        split: z.string(),
        ...count,
        interval,
        chance: z.number(),
        categories: z.array(z.object({ category: z.string(), ...count, interval })),
        groups: z.array(z.object({ group: z.string(), category: z.string().nullish(), ...count })),
      }),
    )
    .min(1),
});
const classification = z.object({
  model: z.string(),
  pooling: z.string().nullable(),
  template: z.string().nullable(),
  features: z.string(),
  results: z
    .array(
      z.object({
        set: z.string(),
        test: z.object({
          macroF1: z.number(),
          confusion: z.object({ labels: z.array(z.string()), counts: z.array(z.array(z.number())) }),
        }),
      }),
    )
    .min(1),
});

/** The figures of one model that can be drawn. */
export interface DrawnModel {
  readonly name: string;
  readonly analogy: readonly z.infer<typeof analogy>['results'][number][];
  readonly classification: readonly {
    readonly set: string;
    readonly features: string;
    readonly confusion: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] };
  }[];
}

/** The models of all files, names made distinct by the file's name. @throws Error naming the file that holds no results */
export async function readDrawnModels(files: readonly string[]): Promise<DrawnModel[]> {
  const models: DrawnModel[] = [];
  for (const file of files) {
    for (const model of drawnModels({ file, text: await readText(file) })) {
      const taken = models.some(({ name }) => name === model.name);
      models.push(taken ? { ...model, name: `${model.name} (${file})` } : model);
    }
  }
  return models;
}

function drawnModels(source: { readonly file: string; readonly text: string }): DrawnModel[] {
  const { file, text } = source;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value === 'object' && value !== null && 'format' in value) return parseReport(source).models;
  const isClassification = typeof value === 'object' && value !== null && 'features' in value;
  const read = (isClassification ? classification : analogy).safeParse(value);
  if (!read.success) {
    throw new Error(
      `${file}: holds no results that can be drawn (${firstIssue(read.error)}); expected what relbert evaluate analogy --json or evaluate classification --json prints, or the report.json of relbert report`,
    );
  }
  const { model, pooling, template } = read.data;
  const name = [model, template, pooling].filter((part) => part !== null).join(', ');
  if ('features' in read.data) {
    const { features, results } = read.data;
    const matrices = results.map(({ set, test }) => ({ set, features, confusion: test.confusion }));
    return [{ name, analogy: [], classification: matrices }];
  }
  return [{ name, analogy: read.data.results, classification: [] }];
}

/** The one entry of a name. @throws UsageError that lists what there is */
export function pickNamed<T>(
  entries: readonly T[],
  nameOf: (entry: T) => string,
  wanted: string | undefined,
  what: string,
  { plural = `${what}s`, option = what }: { readonly plural?: string; readonly option?: string } = {},
): T {
  const names = [...new Set(entries.map(nameOf))];
  const [first] = entries;
  if (wanted === undefined) {
    if (first !== undefined && names.length === 1) return first;
    if (names.length === 0) throw new Error(`there is no ${what}`);
    throw new UsageError(`there are several ${plural}: choose one by --${option}: ${names.join(', ')}`);
  }
  const found = entries.find((entry) => nameOf(entry) === wanted);
  if (found !== undefined) return found;
  throw new UsageError(`there is no ${what} '${wanted}'${suggestion(wanted, names)}; there is ${names.join(', ')}`);
}
