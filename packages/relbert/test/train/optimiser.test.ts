import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { AdamW, clipScale, type ParameterGradient } from '../../src/train/optimiser.ts';

interface Golden {
  readonly cases: readonly {
    readonly weightDecay: number;
    readonly clip: number | null;
    readonly norms: readonly number[];
    readonly weight: readonly number[];
    readonly bias: readonly number[];
  }[];
}

const golden = JSON.parse(await readFile(new URL('../fixtures/train/adamw.json', import.meta.url), 'utf8')) as Golden;

describe('AdamW', () => {
  for (const expected of golden.cases) {
    it(`does what torch.optim.AdamW does: decay ${expected.weightDecay}, clip ${expected.clip}`, () => {
      const optimiser = new AdamW([
        { name: 'weight', data: linspace(-1, 1, 23), weightDecay: expected.weightDecay },
        { name: 'bias', data: linspace(-0.5, 0.5, 5) },
      ]);
      for (let step = 0; step < 12; step++) {
        const gradients = new Map<string, ParameterGradient>([
          ['weight', { kind: 'dense', values: sines(23, step, 0.7, 1) }],
          ['bias', { kind: 'dense', values: sines(5, step, 1.3, 1e-3) }],
        ]);
        const norm = optimiser.norm(gradients);
        expect(Math.abs(norm / (expected.norms[step] as number) - 1)).toBeLessThan(1e-6);
        optimiser.step(gradients, 1e-2 * (1 - step / 12), clipScale(norm, expected.clip));
      }
      expect(largestDifference(optimiser.weights('weight'), expected.weight)).toBeLessThan(3e-7);
      expect(largestDifference(optimiser.weights('bias'), expected.bias)).toBeLessThan(3e-7);
    });
  }

  it('agrees with float64 arithmetic over blocks of any size', () => {
    const random = new Random(1);
    const size = 4096 * 2 + 13;
    const start = Float32Array.from({ length: size }, () => random.normal());
    const optimiser = new AdamW([{ name: 'w', data: start, weightDecay: 0.05 }], {
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 1e-6,
    });
    const w = Float64Array.from(start);
    const m = new Float64Array(size);
    const v = new Float64Array(size);
    for (let step = 1; step <= 5; step++) {
      const values = Float32Array.from({ length: size }, () => random.normal());
      optimiser.step(new Map([['w', { kind: 'dense', values }]]), 0.01, 0.5);
      for (let i = 0; i < size; i++) {
        const g = (values[i] as number) * 0.5;
        m[i] = 0.8 * (m[i] as number) + 0.2 * g;
        v[i] = 0.95 * (v[i] as number) + 0.05 * g * g;
        const update = (m[i] as number) / (1 - 0.8 ** step) / (Math.sqrt((v[i] as number) / (1 - 0.95 ** step)) + 1e-6);
        w[i] = (w[i] as number) * (1 - 0.01 * 0.05) - 0.01 * update;
      }
    }
    expect(largestDifference(optimiser.weights('w'), w)).toBeLessThan(1e-6);
  });

  for (const weightDecay of [0, 0.1]) {
    it(`gives the same bits for gradients by rows as for the whole table: decay ${weightDecay}`, () => {
      const random = new Random(2);
      const data = Float32Array.from({ length: 50 * 8 }, () => random.normal());
      const byRows = new AdamW([{ name: 'table', data, weightDecay, rowLength: 8 }]);
      let resumed = new AdamW([{ name: 'table', data, weightDecay, rowLength: 8 }]);
      const dense = new AdamW([{ name: 'table', data, weightDecay }]);
      for (let step = 0; step < 6; step++) {
        const rows = Int32Array.from(random.permutation(50).subarray(0, 5));
        const values = Float32Array.from({ length: rows.length * 8 }, () => random.normal());
        const whole = new Float32Array(50 * 8);
        for (const [place, row] of rows.entries()) whole.set(values.subarray(place * 8, place * 8 + 8), row * 8);
        const gradient = new Map<string, ParameterGradient>([['table', { kind: 'rows', rows, values }]]);
        byRows.step(gradient, 0.01);
        dense.step(new Map([['table', { kind: 'dense', values: whole }]]), 0.01);
        resumed.step(gradient, 0.01);
        const next = new AdamW([{ name: 'table', data: resumed.weights('table'), weightDecay, rowLength: 8 }]);
        next.restore(resumed.state());
        resumed = next;
      }
      expect(byRows.weights('table')).toEqual(dense.weights('table'));
      expect(resumed.weights('table')).toEqual(dense.weights('table'));
    });
  }

  it('refuses what does not fit', () => {
    const optimiser = new AdamW([{ name: 'a', data: new Float32Array(8), rowLength: 4 }]);
    const step = (gradient: ParameterGradient) => () => optimiser.step(new Map([['a', gradient]]), 0.1);
    expect(step({ kind: 'dense', values: new Float32Array(4) })).toThrow("'a' has 4 values, its weights 8");
    expect(step({ kind: 'rows', rows: Int32Array.of(2), values: new Float32Array(4) })).toThrow('row 2');
    expect(step({ kind: 'rows', rows: Int32Array.of(1, 1), values: new Float32Array(8) })).toThrow('comes twice');
    expect(() => optimiser.weights('b')).toThrow("no parameter 'b'");
    expect(() => optimiser.restore({ step: 1, moments: {} })).toThrow("lacks 'a'");
  });

  it('gives a norm that is not finite where a gradient is not', () => {
    const optimiser = new AdamW([{ name: 'a', data: new Float32Array(5) }]);
    const norm = (value: number) =>
      optimiser.norm(new Map([['a', { kind: 'dense', values: Float32Array.of(1, value, 1, 1, 1) }]]));
    expect(norm(Number.NaN)).toBeNaN();
    expect(norm(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(norm(2)).toBeCloseTo(Math.sqrt(8), 6);
  });
});

function linspace(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

function sines(size: number, step: number, k: number, scale: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * (step + 1) * k) * scale);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}
