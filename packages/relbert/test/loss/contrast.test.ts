import { describe, expect, it } from 'vitest';
import type { LossTermInput } from '../../src/loss/losses.ts';
import { type Matrix, runObjective } from './run-loss.ts';

const item = (pair: number, relation: number, positive = true) => ({ pair, relation, category: -1, positive });
const unit = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
const run = (terms: readonly LossTermInput[], items: readonly ReturnType<typeof item>[], embeddings: Matrix) =>
  runObjective({ terms, triples: 'all', batch: { items }, embeddings });
const value = async (...given: Parameters<typeof run>) => (await run(...given)).loss;

// relation 0 at 0° and 60° with a hard negative at 90°, relation 1 at 180°
const items = [item(0, 0), item(1, 0), item(2, 0, false), item(3, 1)];
const angles = [unit(0), unit(60), unit(90), unit(180)];
const cos = (a: number, b: number) => Math.cos(((a - b) * Math.PI) / 180);
const exp = (a: number, b: number) => Math.exp(cos(a, b) / 0.5);
const logs = (numerator: number, others: readonly number[]) => -Math.log(numerator / others.reduce((a, b) => a + b, 0));

describe('InfoNCE', () => {
  it('is what the formula gives by hand; the lone pair of relation 1 is no anchor', async () => {
    const first = logs(exp(0, 60), [exp(0, 60), exp(0, 90), exp(0, 180)]);
    const second = logs(exp(60, 0), [exp(60, 0), exp(60, 90), exp(60, 180)]);
    for (const positives of ['each', 'all', 'sum'] as const) {
      const loss = await value([{ name: 'infonce', temperature: 0.5, positives }], items, angles);
      expect(loss).toBeCloseTo((first + second) / 2, 5);
    }
  });

  it('treats several positives as its three forms say', async () => {
    const three = [item(0, 0), item(1, 0), item(2, 0), item(3, 1)];
    const anchor = (a: number, p: number, q: number) => {
      const [x, y, n] = [exp(a, p), exp(a, q), exp(a, 180)];
      return {
        each: (logs(x, [x, n]) + logs(y, [y, n])) / 2,
        all: (logs(x, [x, y, n]) + logs(y, [x, y, n])) / 2,
        sum: logs(x + y, [x, y, n]),
      };
    };
    const anchors = [anchor(0, 60, 90), anchor(60, 0, 90), anchor(90, 0, 60)];
    for (const positives of ['each', 'all', 'sum'] as const) {
      const loss = await value([{ name: 'infonce', temperature: 0.5, positives }], three, angles);
      expect(loss).toBeCloseTo(anchors.reduce((sum, one) => sum + one[positives], 0) / 3, 5);
    }
  });

  it.each(['infonce', 'infoloob'] as const)(
    '%s falls as a positive comes closer, rises as a negative does',
    async (name) => {
      const at = (positive: number, negative: number, hard: number) =>
        value([{ name, temperature: 0.5 }], items, [unit(0), unit(positive), unit(-hard), unit(-negative)]);
      expect(await at(40, 120, 90)).toBeLessThan(await at(50, 120, 90));
      expect(await at(40, 110, 90)).toBeGreaterThan(await at(40, 120, 90));
      expect(await at(40, 120, 80)).toBeGreaterThan(await at(40, 120, 90));
    },
  );

  it.each(['infonce', 'infoloob', 'similarity'] as const)(
    '%s does not depend on the length of the vectors',
    async (name) => {
      const scaled = (factor: number) =>
        runObjective({
          terms: [{ name }],
          triples: 'all',
          batch: { items },
          embeddings: angles.map((row, i) => row.map((x) => x * factor * (i + 1))),
          teacher: [unit(10), unit(30), unit(100), unit(300)],
        });
      const [one, many] = [await scaled(1), await scaled(1000)];
      expect(many.loss).toBeCloseTo(one.loss, 4);
      // and the gradient is inverse to it
      expect((many.gradients[0]?.[2] as number) * 1000).toBeCloseTo(one.gradients[0]?.[2] as number, 3);
    },
  );

  it.each([
    { name: 'infonce', positives: 'each' },
    { name: 'infonce', positives: 'all' },
    { name: 'infonce', positives: 'sum' },
    { name: 'infoloob' },
  ] as const)('does not overflow at temperature .01: $name $positives', async (term) => {
    // e^100 is beyond float32; the worst case is a positive opposite and a negative on top of the anchor
    const worst = [unit(0), unit(180), unit(0.5), unit(0)];
    const { loss, gradients } = await run([{ ...term, temperature: 0.01 }], items, worst);
    const anchor = (logits: readonly number[]) => {
      const largest = Math.max(...logits);
      return largest + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - largest), 0));
    };
    const [s, hard, far] = [-100, 100 * cos(0, 0.5), 100];
    const [hardOther, farOther] = [100 * cos(180, 0.5), -100];
    const left = (rest: readonly number[]) => (term.name === 'infoloob' ? rest : [s, ...rest]);
    const expected = (anchor(left([hard, far])) - s + anchor(left([hardOther, farOther])) - s) / 2;
    expect(loss).toBeCloseTo(expected, 2);
    expect([...(gradients[0] as Float32Array)].every(Number.isFinite)).toBe(true);
    expect([...(gradients[0] as Float32Array)].some((g) => g !== 0)).toBe(true);
  });

  it('counts a negative that shares a word with the anchor as often as asked', async () => {
    const words = (place: number, head: number, tail: number) => ({
      ...(items[place] as (typeof items)[0]),
      words: [head, tail] as const,
    });
    // The hard negative shares a word with the pair at 0°, in another place; the pair of relation 1 with that at 60°.
    const shared = [words(0, 0, 1), words(1, 2, 3), words(2, 1, 4), words(3, 2, 5)];
    const first = logs(exp(0, 60), [exp(0, 60), 4 * exp(0, 90), exp(0, 180)]);
    const second = logs(exp(60, 0), [exp(60, 0), exp(60, 90), 4 * exp(60, 180)]);
    for (const positives of ['each', 'all', 'sum'] as const) {
      const term = { name: 'infonce', temperature: 0.5, positives, sharing: 4 } as const;
      const given = { terms: [term], triples: 'all', batch: { items: shared }, embeddings: angles } as const;
      const { loss, gradients } = await runObjective(given);
      expect(loss).toBeCloseTo((first + second) / 2, 5);
      const step = 0.01;
      const moved = angles.map((row, i) => (i === 0 ? [row[0] as number, (row[1] as number) + step] : row));
      const back = angles.map((row, i) => (i === 0 ? [row[0] as number, (row[1] as number) - step] : row));
      const slope =
        ((await runObjective({ ...given, embeddings: moved })).loss -
          (await runObjective({ ...given, embeddings: back })).loss) /
        (2 * step);
      expect(gradients[0]?.[1]).toBeCloseTo(slope, 3);
    }
    expect(await value([{ name: 'infonce', temperature: 0.5, sharing: 4 }], items, angles)).toBeCloseTo(
      await value([{ name: 'infonce', temperature: 0.5 }], items, angles),
      6,
    );
  });

  it('never compares a word pair with itself, though it stands in two relations', async () => {
    const twice = [...items, item(0, 1)];
    const gradient = async (list: typeof items) => await run([{ name: 'infonce', temperature: 0.5 }], list, angles);
    // The pair at 0° is now a positive of relation 1 too; if it were its own negative, e^(1 / τ) would be added.
    const first = logs(exp(0, 60), [exp(0, 60), exp(0, 90), exp(0, 180)]);
    const second = logs(exp(60, 0), [exp(60, 0), exp(60, 90), exp(60, 180), exp(60, 0)]);
    const third = logs(exp(180, 0), [exp(180, 0), exp(180, 0), exp(180, 60), exp(180, 90)]);
    const fourth = logs(exp(0, 180), [exp(0, 180), exp(0, 60), exp(0, 90)]);
    expect((await gradient(twice)).loss).toBeCloseTo((first + second + third + fourth) / 4, 5);
  });

  it('leaves out pairs without a relation', async () => {
    const terms = [{ name: 'infonce', temperature: 0.5 }] as const;
    const more = await run(terms, [...items, item(4, -1)], [...angles, unit(7)]);
    expect(more.loss).toBeCloseTo(await value(terms, items, angles), 6);
    expect([...(more.gradients[0] as Float32Array)].slice(-2)).toEqual([0, 0]);
  });

  it('is 0 where no relation has two positives', async () => {
    for (const name of ['infonce', 'infoloob'] as const) {
      expect(await value([{ name }], [item(0, 0), item(1, 1)], angles.slice(0, 2))).toBe(0);
    }
  });

  it('is 0 without negatives: nothing to tell apart', async () => {
    for (const name of ['infonce', 'infoloob'] as const) {
      const { loss, gradients } = await run([{ name }], [item(0, 0), item(1, 0)], angles.slice(0, 2));
      expect(loss).toBeCloseTo(0, 6);
      expect([...(gradients[0] as Float32Array)].every((g) => Math.abs(g) < 1e-6)).toBe(true);
    }
  });

  it('refuses a temperature of 0', async () => {
    await expect(value([{ name: 'infonce', temperature: 0 }], items, angles)).rejects.toThrow(/temperature|>0/);
  });
});

describe('InfoLOOB', () => {
  it('leaves the positive out of the denominator', async () => {
    const first = logs(exp(0, 60), [exp(0, 90), exp(0, 180)]);
    const second = logs(exp(60, 0), [exp(60, 90), exp(60, 180)]);
    expect(await value([{ name: 'infoloob', temperature: 0.5 }], items, angles)).toBeCloseTo((first + second) / 2, 5);
  });
});

describe('similarity distillation', () => {
  const similarity = (embeddings: Matrix, teacher: Matrix, options = {}) =>
    runObjective({
      terms: [{ name: 'similarity', ...options }],
      triples: 'all',
      batch: { items: [] },
      embeddings,
      teacher,
    });

  it('is the KL divergence of rows by hand, diagonal left out', async () => {
    // three vectors each: every row is a distribution over two
    const teacher = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [1, 1, 0, 0],
    ];
    const student = [unit(0), unit(60), unit(90)];
    const t = [
      [0, Math.SQRT1_2],
      [0, Math.SQRT1_2],
      [Math.SQRT1_2, Math.SQRT1_2],
    ];
    const p = [
      [0.5, 0],
      [0.5, Math.sqrt(3) / 2],
      [0, Math.sqrt(3) / 2],
    ];
    const softmax = (row: readonly number[]) =>
      row.map((x) => Math.exp(x / 0.5) / row.reduce((s, y) => s + Math.exp(y / 0.5), 0));
    const kl = t.map((row, i) => {
      const [q, r] = [softmax(row), softmax(p[i] as number[])];
      return q.reduce((sum, x, j) => sum + x * Math.log(x / (r[j] as number)), 0);
    });
    const { loss } = await similarity(student, teacher, { temperature: 0.5 });
    expect(loss).toBeCloseTo(kl.reduce((a, b) => a + b, 0) / 3, 5);
  });

  it('is 0 with gradient 0 where the student has the teacher’s cosines, turned and longer', async () => {
    const teacher = [
      [1, 2],
      [3, -1],
      [-2, 0.5],
    ];
    const { loss, gradients } = await similarity(
      teacher.map(([x = 0, y = 0]) => [-3 * y, 3 * x, 0]),
      teacher,
    );
    expect(loss).toBeCloseTo(0, 5);
    expect(Math.max(...(gradients[0] as Float32Array).map(Math.abs))).toBeLessThan(1e-5);
  });

  it('falls as the student moves towards the teacher, and has nothing to say of one pair', async () => {
    const teacher = [unit(0), unit(20), unit(90)];
    const at = async (angle: number) => (await similarity([unit(0), unit(angle), unit(90)], teacher)).loss;
    expect(await at(40)).toBeLessThan(await at(60));
    expect((await similarity([[1, 2]], [[3, 4]])).loss).toBe(0);
  });

  it('leaves out pairs with a relation where asked to', async () => {
    const [student, teacher] = [
      [unit(0), unit(60), unit(90), unit(200)],
      [unit(0), unit(20), unit(90), unit(250)],
    ];
    const without = (list: Matrix) => list.filter((_, i) => i !== 1);
    const of = (embeddings: Matrix, targets: Matrix, labelled: boolean, labelledPair: number) =>
      runObjective({
        terms: [{ name: 'similarity', labelled }],
        triples: 'all',
        batch: { items: embeddings.map((_, pair) => item(pair, pair === labelledPair ? 0 : -1)) },
        embeddings,
        teacher: targets,
      });
    const [some, all] = [await of(student, teacher, false, 1), await of(without(student), without(teacher), true, 9)];
    expect(some.loss).toBeCloseTo(all.loss, 5);
    const gradient = Array.from(some.gradients[0] as Float32Array);
    expect(gradient.slice(2, 4)).toEqual([0, 0]);
    const expected = Array.from(all.gradients[0] as Float32Array);
    for (const [i, value] of [...gradient.slice(0, 2), ...gradient.slice(4)].entries())
      expect(value).toBeCloseTo(expected[i] as number, 5);
    expect((await of(student, teacher, true, 1)).loss).not.toBeCloseTo(some.loss, 2);
  });

  it('does not overflow at temperature .01', async () => {
    const { loss, gradients } = await similarity([unit(0), unit(180), unit(0)], [unit(0), unit(0), unit(180)], {
      temperature: 0.01,
    });
    expect(loss).toBeGreaterThan(50);
    expect(Number.isFinite(loss)).toBe(true);
    expect([...(gradients[0] as Float32Array)].every(Number.isFinite)).toBe(true);
  });
});
