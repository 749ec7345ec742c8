/** The models of a report: from `--model` and its options, or from a file that lists them. */

import { basename, resolve } from 'node:path';
import { dtypes, poolings } from 'relbert';
import { type ModelFlags, readText } from 'relbert/cli';
import * as z from 'zod';
import type { ModelChoice } from '../report/repeat-command.ts';
import { firstIssue } from '../report/report-file.ts';

/** A model to judge, and how the report names it. */
export interface PlannedModel {
  readonly name: string;
  readonly group: string | null;
  readonly made: string | null;
  readonly comparedTo: string | null;
  readonly choice: ModelChoice;
}

const entry = z.strictObject({
  name: z.string().min(1),
  group: z.string().optional(),
  model: z.string().min(1),
  template: z.string().optional(),
  /** A folder that `relbert prompt search` or `tune` made. */
  prompt: z.string().optional(),
  pooling: z.enum(poolings).optional(),
  dtype: z.enum(dtypes).optional(),
  /** The command that made the model. */
  made: z.string().optional(),
  /** Name of the model of which this one is an alteration. */
  comparedTo: z.string().optional(),
});

/** The models of a file: a JSON list. @throws Error naming the file and what is wrong in it */
export async function readPlannedModels(file: string, flags: ModelFlags): Promise<PlannedModel[]> {
  const text = await readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const read = z.array(entry).min(1).safeParse(value);
  if (!read.success) throw new Error(`${file}: is not a list of models: ${firstIssue(read.error)}`);
  return read.data.map(({ name, group, made, comparedTo, ...choice }) => ({
    name,
    group: group ?? null,
    made: made ?? null,
    comparedTo: comparedTo ?? null,
    choice: { ...choiceOf(flags), ...choice },
  }));
}

/** One model for each `--model`, named after it and the options that change it. */
export function plannedModels(models: readonly string[], flags: ModelFlags): PlannedModel[] {
  const short = models.map((model) => basename(resolve(model)));
  return models.map((model, i) => {
    const unique = short.indexOf(short[i] as string) === short.lastIndexOf(short[i] as string);
    const name = [unique ? short[i] : model, flags.template, flags.prompt, flags.pooling].filter(
      (part) => part !== undefined,
    );
    return { name: name.join(', '), group: null, made: null, comparedTo: null, choice: { ...choiceOf(flags), model } };
  });
}

function choiceOf({
  model,
  template,
  prompt,
  pooling,
  maxLength,
  batchTokens,
  dtype,
  threads,
  device,
  normalize,
}: ModelFlags): ModelChoice {
  return { model, template, prompt, pooling, maxLength, batchTokens, dtype, threads, device, normalize };
}
