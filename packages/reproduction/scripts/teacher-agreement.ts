/**
 * How well students agree with their teacher on the pairs of analogy questions, a finer measure than accuracy where the
 * questions are few:
 *
 *   npx tsx packages/reproduction/scripts/teacher-agreement.ts --teacher runs/relbert-mpnet-base --data FILE.jsonl --data FILE.jsonl STUDENT ...
 *
 * With several teachers their cosines are averaged. Prints for each student the loss `similarity` (KL, temperature
 * 0.1) over all pairs at once, and for each file the correlation of the cosines of stem and choice, each question's mean
 * taken off.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseAnalogyQuestions } from '../../relbert/src/data/analogy.ts';
import { RelationEncoder } from '../../relbert/src/index.ts';
import { deduplicatePairs, pairKey } from '../../relbert/src/pair/pair-key.ts';

const TEMPERATURE = 0.1;

const { values, positionals: students } = parseArgs({
  allowPositionals: true,
  options: {
    teacher: { type: 'string', multiple: true, default: [] },
    data: { type: 'string', multiple: true, default: [] },
  },
});
if (values.teacher.length === 0 || values.data.length === 0 || students.length === 0) {
  throw new Error(
    'usage: npx tsx packages/reproduction/scripts/teacher-agreement.ts --teacher MODEL --data FILE --data FILE ... STUDENT ...',
  );
}
const sets = values.data.map((file) => ({
  file,
  questions: parseAnalogyQuestions({ file, text: readFileSync(file, 'utf8') }),
}));
const { distinct } = deduplicatePairs(
  sets.flatMap(({ questions }) => questions.flatMap(({ stem, choices }) => [stem, ...choices])),
);
const rows = new Map(distinct.map((pair, row) => [pairKey(pair), row]));

/** Cosines [N, N] of all pairs. */
async function cosines(model: string): Promise<Float64Array> {
  await using encoder = await RelationEncoder.load(model);
  const { data, shape } = await encoder.encode(distinct, { normalize: true });
  const [count, size] = shape;
  const result = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (data[i * size + k] as number) * (data[j * size + k] as number);
      result[i * count + j] = sum;
      result[j * count + i] = sum;
    }
  }
  return result;
}

/** Row i of the cosines as log-probabilities over the other pairs. */
function logRow(matrix: Float64Array, i: number): number[] {
  const count = distinct.length;
  const scaled = Array.from({ length: count }, (_, j) => (matrix[i * count + j] as number) / TEMPERATURE);
  const most = Math.max(...scaled.filter((_, j) => j !== i));
  const total = Math.log(scaled.reduce((sum, value, j) => (j === i ? sum : sum + Math.exp(value - most)), 0)) + most;
  return scaled.map((value) => value - total);
}

function divergence(teacher: Float64Array, student: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < distinct.length; i++) {
    const [q, p] = [logRow(teacher, i), logRow(student, i)];
    for (const [j, value] of q.entries()) if (j !== i) sum += Math.exp(value) * (value - (p[j] as number));
  }
  return sum / distinct.length;
}

/** Cosines of stem and choices of all questions of a set, each question's mean taken off. */
function contrasts(matrix: Float64Array, { questions }: (typeof sets)[number]): number[] {
  return questions.flatMap(({ stem, choices }) => {
    const at = (pair: typeof stem) => rows.get(pairKey(pair)) as number;
    const found = choices.map((choice) => matrix[at(stem) * distinct.length + at(choice)] as number);
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
    return found.map((value) => value - mean);
  });
}

/** Both means are 0. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Cosines [N, N], the mean over the models. */
async function meanCosines(models: readonly string[]): Promise<Float64Array> {
  const sum = new Float64Array(distinct.length ** 2);
  for (const model of models)
    for (const [i, cosine] of (await cosines(model)).entries()) sum[i] = (sum[i] as number) + cosine;
  return sum.map((value) => value / models.length);
}

const teacher = await meanCosines(values.teacher);
for (const name of students) {
  const student = await cosines(name);
  const r = sets.map(
    (set) => `r ${correlation(contrasts(teacher, set), contrasts(student, set)).toFixed(3)} ${set.file}`,
  );
  console.log([`${name}: KL ${divergence(teacher, student).toFixed(4)}`, ...r].join('\n  '));
}
