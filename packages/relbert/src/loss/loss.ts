import * as z from 'zod';
import type { Tensor } from '../graph/index.ts';
import type { DataNeed } from './data-needs.ts';
import type { StepGraph } from './step-graph.ts';

/** Settings of a loss: their zod schemas, with defaults and descriptions. */
type Settings = Readonly<Record<string, z.ZodType>>;
type ValuesOf<S extends Settings> = { readonly [Key in keyof S]: z.output<S[Key]> };

interface LossDefinition<Name extends string, S extends Settings> {
  /** What recipes call it. */
  readonly name: Name;
  /** One line for the list of settings. */
  readonly description: string;
  readonly settings: S;
  /** What a step must hold, or the loss is a constant. */
  readonly needs: DataNeed;
  /** Why these settings do not go together; undefined where they do. */
  readonly conflict?: (settings: ValuesOf<S>) => string | undefined;
  /** The loss of one step, float32 []. */
  readonly build: (step: StepGraph, settings: ValuesOf<S>) => Tensor;
}

const weight = z.number().nonnegative().default(1).describe('Factor of this loss in the sum');

/** A loss: its name, its settings as a schema (with `name` and `weight`), the data that it needs, and its graph. */
export function defineLoss<const Name extends string, S extends Settings>(definition: LossDefinition<Name, S>) {
  const { name, description, settings, needs, conflict, build } = definition;
  const schema = z
    .strictObject({ name: z.literal(name), weight, ...settings })
    .describe(description)
    .superRefine((value, context) => {
      const problem = conflict?.(value as ValuesOf<S>);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });
  return { name, schema, needs, build };
}
