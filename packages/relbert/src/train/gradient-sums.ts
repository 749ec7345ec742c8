import type { TensorValues } from '../runtime/session.ts';
import { graphNames, type LookupOutput } from './encoder-graph.ts';
import type { ParameterGradient } from './optimiser.ts';
import { type LookedUpRows, tableGradient } from './row-gradient.ts';

/** Adds up the gradients of several runs: dense ones at once, those of looked-up rows when all are there. */
export class GradientSums {
  readonly #dense = new Map<string, Float32Array>();
  readonly #rows = new Map<string, LookedUpRows[]>();
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  constructor(shapes: ReadonlyMap<string, readonly number[]>) {
    this.#shapes = shapes;
  }

  addDense(outputs: TensorValues): void {
    const prefix = graphNames.gradient('');
    for (const [output, { data }] of Object.entries(outputs)) {
      if (!output.startsWith(prefix)) continue;
      const name = output.slice(prefix.length);
      const values = data as Float32Array;
      const sum = this.#dense.get(name);
      if (!sum) this.#dense.set(name, values);
      else for (let i = 0; i < values.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
    }
  }

  addRows(outputs: TensorValues, feeds: TensorValues, lookups: readonly LookupOutput[], chunks: number): void {
    for (const { table, rows, ids } of lookups) {
      const parts = this.#rows.get(table) ?? [];
      this.#rows.set(table, parts);
      for (let chunk = 0; chunk < chunks; chunk++) {
        const looked = ids ? outputs[graphNames.chunk(chunk, ids)] : feeds[graphNames.chunk(chunk, 'input_ids')];
        const values = outputs[graphNames.chunk(chunk, rows)];
        parts.push({ ids: looked?.data as BigInt64Array, values: values?.data as Float32Array });
      }
    }
  }

  finish(): Map<string, ParameterGradient> {
    const gradients = new Map<string, ParameterGradient>();
    for (const [name, values] of this.#dense) gradients.set(name, { kind: 'dense', values });
    for (const [name, parts] of this.#rows) {
      gradients.set(name, tableGradient(parts, this.#shapes.get(name) as readonly [number, number]));
    }
    return gradients;
  }
}
