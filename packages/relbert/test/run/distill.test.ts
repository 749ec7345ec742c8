import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OptionError } from '../../src/encoder/option-error.ts';
import { PromptTooLongError } from '../../src/encoder/relation-encoder.ts';
import type { AnalogySet } from '../../src/evaluate/analogy.ts';
import { RelationEncoder } from '../../src/index.ts';
import type { PromptSpec } from '../../src/prompt/spec.ts';
import { type DistillEvent, distill } from '../../src/run/distill.ts';
import type { DistillOptions } from '../../src/run/options.ts';
import { comparedPairs } from '../../src/run/teacher.ts';
import { ConfigurationMismatchError } from '../../src/train/configuration.ts';
import { checkRecipe } from '../../src/train/recipe.ts';
import type { RecipeInput } from '../../src/train/recipe-schema.ts';
import { SamplingError } from '../../src/train/sampler.ts';

const tinyModel = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'relbert-run-'));
const home = process.env['HF_HOME'];
beforeAll(() => {
  process.env['HF_HOME'] = join(folder, 'hub');
});
afterAll(() => {
  if (home === undefined) delete process.env['HF_HOME'];
  else process.env['HF_HOME'] = home;
  rmSync(folder, { recursive: true, force: true });
});

const words = ['cat', 'ear', 'tail', 'bat', 'jar', 'rat', 'hair', 'leaf', 'tree', 'fish', 'car', 'gear'];
/** Relation r has the pairs of words r + 1 apart. */
const pairsOf = (r: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => [words[from + i], words[(from + i + r + 1) % 12]]);
function data(name: string, change: (set: Record<string, unknown>, r: number) => object = (set) => set): string {
  const path = join(folder, name);
  const sets = Array.from({ length: 4 }, (_, r) =>
    change(
      { relation: `r${r}`, parent: `c${r % 2}`, positives: pairsOf(r, 0, 6), negatives: pairsOf(r + 4, 6, 10) },
      r,
    ),
  );
  writeFileSync(path, sets.map((set) => `${JSON.stringify(set)}\n`).join(''));
  return path;
}
const relations = data('relations.jsonl');
const questions = (set: string, split = 'valid', more: Partial<AnalogySet['questions'][number]> = {}): AnalogySet => ({
  set,
  split,
  questions: [
    {
      stem: { head: 'cat', tail: 'ear' },
      choices: [
        { head: 'bat', tail: 'tail' },
        { head: 'jar', tail: 'rat' },
      ],
      answer: 0,
      prefix: undefined,
      line: 1,
      ...more,
    },
  ],
});

type Training = Partial<RecipeInput['training']>;
function run(
  output: string,
  training: Training = {},
  more: Partial<RecipeInput> = {},
  options: Partial<DistillOptions> = {},
): DistillOptions {
  return {
    model: tinyModel,
    output: join(folder, output),
    recipe: checkRecipe(
      {
        template: '<subj> <mask> <obj>',
        pooling: 'average',
        data: [{ source: relations }],
        validationShare: 0,
        sampling: { kind: 'relations', parts: [{ relations: 3, positives: 3, negatives: 2 }] },
        ...more,
        training: { losses: [{ name: 'infonce' }], learningRate: 1e-3, warmup: 0, steps: 2, ...training },
      },
      'test',
    ),
    threads: 1,
    ...options,
  };
}
async function collect(options: DistillOptions): Promise<DistillEvent[]> {
  const events: DistillEvent[] = [];
  for await (const event of distill(options)) events.push(event);
  return events;
}
const refused = (options: DistillOptions) =>
  collect(options).then(
    () => undefined,
    (error: unknown) => error,
  );
const figuresOf = (events: readonly DistillEvent[]) =>
  events.flatMap((event) => (event.kind === 'validation' ? [Object.keys(event.figures)] : []));
/** Name, time and content of every file. */
const state = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort()
    .map((name) => [name, statSync(join(path, name)).mtimeMs, readFileSync(join(path, name), 'base64')]);

describe('an invalid run is refused before the first step', () => {
  const never = async (options: DistillOptions, kind: abstract new (...args: never[]) => Error, message: RegExp) => {
    const error = await refused(options);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
    expect(existsSync(options.output)).toBe(false);
  };

  it('an unknown metric, or a metric without validation', async () => {
    const validate = [questions('u2')];
    const held = { validationShare: 0.34 };
    await never(
      run('m1', { metric: 'u3' }, held, { validate }),
      OptionError,
      /'u3'.*; there are: loss, u2, mean, step$/,
    );
    await never(run('m2', { metric: 'loss' }, {}, { validate }), OptionError, /'loss'.*; there are: u2, mean, step$/);
    await never(run('m3', { metric: 'loss' }), OptionError, /training\.metric is set, and nothing is validated/);
    await never(
      run('m4', { patience: 2, every: 1 }),
      OptionError,
      /training\.patience is set, and nothing is validated/,
    );
  });

  it('a loss without anything to compare', async () => {
    const bare = [{ source: data('bare.jsonl', ({ relation, positives }) => ({ relation, positives })) }];
    await never(run('l1', { losses: [{ name: 'triplet' }] }, { data: bare }), SamplingError, /'triplet'/);
    await never(
      run('l2', { losses: [{ name: 'infonce' }, { name: 'category' }] }, { data: bare }),
      SamplingError,
      /'category'/,
    );
  });

  it('a prompt that is too long, of the teacher\u2019s pairs or of a question', async () => {
    const long = { head: `a${' b'.repeat(70)}`, tail: 'b' };
    const asked = [questions('u2', 'valid', { choices: [{ head: 'a', tail: 'b' }, long] })];
    await never(
      run('p1', {}, {}, { validate: asked }),
      PromptTooLongError,
      /\["a b b.* has \d+ tokens, 64 are allowed/,
    );
    const pairs = join(folder, 'long.tsv');
    writeFileSync(pairs, `cat\tear\n${long.head}\t${long.tail}\n`);
    const teacher = { model: tinyModel, pairs: [pairs] };
    const losses = [{ name: 'similarity' as const }];
    await never(run('p2', { losses }, { teacher }), PromptTooLongError, /\["a b b.* has \d+ tokens, 64 are allowed/);
  });
});

describe('the folder of a run', () => {
  it('keeps the old model until all inputs are checked, then is a new run\u2019s', async () => {
    await collect(run('kept'));
    const output = join(folder, 'kept');
    const before = state(output);
    const overwrite = { overwrite: true };
    expect(await refused(run('kept', {}, { data: [{ source: 'typo' }] }, overwrite))).toMatchObject({
      name: 'DataError',
    });
    expect(await refused(run('kept', {}, {}, { ...overwrite, model: join(folder, 'none') }))).toBeInstanceOf(Error);
    expect(await refused(run('kept', { metric: 'x' }, {}, overwrite))).toBeInstanceOf(OptionError);
    expect(await refused(run('kept', {}, {}, { ...overwrite, model: output }))).toMatchObject({
      message: expect.stringContaining('holds a model that this run reads'),
    });
    expect(state(output)).toEqual(before);
    // Of a model of another kind that lay there: what would be read with the new one goes, what is the person's stays.
    const foreign = ['merges.txt', 'pytorch_model.bin', 'model-00001-of-00002.safetensors', 'notes.md'];
    for (const name of foreign) writeFileSync(join(output, name), 'older');
    let left: string[] = [];
    for await (const event of distill(run('kept', { steps: 1 }, {}, overwrite))) {
      if (event.kind === 'start') left = readdirSync(output).sort();
    }
    expect(left).toEqual(['.lock', 'notes.md', 'recipe.json', 'train-pairs.tsv', 'train.jsonl']);
    expect(foreign.filter((name) => existsSync(join(output, name)))).toEqual(['notes.md']);
    expect(readFileSync(join(output, 'train.jsonl'), 'utf8').match(/"kind":"step"/g)).toHaveLength(1);
  });

  it('is finished if it holds the model, with or without checkpoints, and nothing else is read', async () => {
    const options = run('done', { steps: 3 });
    await collect(options);
    rmSync(join(options.output, 'checkpoints'), { recursive: true });
    const before = state(options.output);
    const resume = { ...options, resume: true, model: join(folder, 'gone') };
    expect(await collect(resume)).toEqual([{ kind: 'finished-before', step: 3, folder: options.output }]);
    const other = await refused({ ...resume, recipe: run('done', { steps: 3, learningRate: 0.5 }).recipe });
    expect(other).toBeInstanceOf(ConfigurationMismatchError);
    expect(other).toMatchObject({ differences: ['training.learningRate: was 0.001, now 0.5'] });
    expect(state(options.output)).toEqual(before);
  });

  it('refuses the finished run of another language model or prompt, as far as the folder shows', async () => {
    const options = { ...run('finished', { steps: 1 }), resume: true };
    await collect(options);
    const other = await refused({ ...options, model: join(tinyModel, '../distilbert') });
    expect(other).toBeInstanceOf(ConfigurationMismatchError);
    expect(other).toMatchObject({ differences: [expect.stringMatching(/^run\.model: was "\w+", now "\w+"$/)] });
    const prompt: PromptSpec = { kind: 'trigger', top: [20], mid: [21], bottom: [], layout: '2023' };
    expect(await refused({ ...options, prompt })).toMatchObject({
      differences: [expect.stringMatching(/^run\.prompt: was not given, now "\w+"$/)],
    });
    const finished = [{ kind: 'finished-before', step: 1, folder: options.output }];
    expect(await collect(options)).toEqual(finished);
    expect(await collect({ ...options, model: join(folder, 'gone') })).toEqual(finished);
  });

  it('refuses the finished run of another type of weights, or of excluded pairs', async () => {
    const options = { ...run('left', { steps: 1 }, {}, { dtype: 'f16' }), resume: true };
    await collect(options);
    expect(await refused({ ...options, dtype: 'f32' })).toMatchObject({ differences: ['dtype: was "f16", now "f32"'] });
    const [asked, unasked] = [join(folder, 'left.tsv'), join(folder, 'right.tsv')];
    writeFileSync(asked, 'EAR\tcat\n');
    writeFileSync(unasked, 'moon\tsun\n');
    const leaked = await refused({ ...options, excludePairs: [unasked, asked] });
    expect(leaked).toBeInstanceOf(ConfigurationMismatchError);
    expect(leaked).toMatchObject({
      differences: ['excludePairs: pairs to be left out were trained on: 1, the first of them cat:ear'],
    });
    const finished = [{ kind: 'finished-before', step: 1, folder: options.output }];
    expect(await collect({ ...options, excludePairs: [unasked] })).toEqual(finished);
    expect(await collect(options)).toEqual(finished);
  });

  it('belongs to a run as soon as the run has written anything', async () => {
    const options = run('early');
    await collect(options);
    const expected = readFileSync(join(options.output, 'model.safetensors'));
    for (const only of ['train-pairs.tsv', '.train-pairs.tsv.123-0a1b2c3d.tmp']) {
      rmSync(options.output, { recursive: true });
      cpSync(relations, join(options.output, only));
      expect(await refused(options)).toMatchObject({ message: expect.stringContaining('holds a run already') });
      await collect({ ...options, resume: true });
      expect(readFileSync(join(options.output, 'model.safetensors')).equals(expected)).toBe(true);
      expect(readdirSync(options.output).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  });
});

describe('validation', () => {
  it('names each set once, with its split if a set comes twice', async () => {
    const validate = [questions('u2'), questions('u2', 'test'), questions('bats'), questions('u2', 'test')];
    const events = await collect(run('names', { steps: 1, metric: 'u2/test' }, {}, { validate }));
    expect(figuresOf(events)).toEqual([['u2/valid', 'u2/test', 'bats', 'u2/test-2', 'mean']]);
  });

  it('has the loss of held-out pairs, with a teacher too, unless they have nothing to compare', async () => {
    const share = { validationShare: 0.34 };
    const teacher = { model: tinyModel };
    const losses = [{ name: 'similarity' as const }];
    const taught = await collect(run('held1', { losses }, { ...share, teacher }));
    expect(figuresOf(taught)).toEqual([['loss']]);
    const [validation] = taught.filter((event) => event.kind === 'validation');
    expect(validation?.value).toBeGreaterThan(0);
    // The negatives are too few for any to be held out.
    const few = data('few.jsonl', (set, r) => ({ ...set, negatives: pairsOf(r + 4, 6, 7) }));
    const triplet = [{ name: 'triplet' as const }];
    expect(figuresOf(await collect(run('held2', { losses: triplet }, { ...share, data: [{ source: few }] })))).toEqual(
      [],
    );
    expect(figuresOf(await collect(run('held3', { losses: triplet }, share)))).toEqual([['loss']]);
  });
});

describe('a run with a teacher', () => {
  const losses = [{ name: 'similarity' as const }];
  it('does not go on with another teacher or other questions under the same names', async () => {
    const model = join(folder, 'teacher');
    cpSync(tinyModel, model, { recursive: true });
    const validate = [questions('u2')];
    const options = run('switched', { losses, steps: 4, every: 1 }, { teacher: { model } }, { validate });
    // Stopped after its second step.
    for await (const event of distill(options)) if (event.kind === 'checkpoint' && event.step === 2) break;
    const resume = { ...options, resume: true };
    const differences = async (changed: DistillOptions) => {
      const error = await refused(changed);
      expect(error).toBeInstanceOf(ConfigurationMismatchError);
      return (error as ConfigurationMismatchError).differences.map((text) => text.split(':')[0]);
    };
    expect(await differences({ ...resume, validate: [questions('u2', 'valid', { answer: 1 })] })).toEqual([
      'run.validate[0]',
    ]);
    const weights = readFileSync(join(model, 'model.safetensors'));
    const other = Buffer.from(weights);
    // The lowest bit of a number in the middle of the file.
    const middle = Math.floor(weights.length / 8) * 4;
    other[middle] = (other[middle] as number) ^ 1;
    writeFileSync(join(model, 'model.safetensors'), other);
    expect(await differences(resume)).toEqual(['run.teacher.model']);
    writeFileSync(join(model, 'model.safetensors'), weights);
    const events = await collect(resume);
    expect(events.find(({ kind }) => kind === 'start')).toMatchObject({ step: 2 });
  });

  it('asks it for the pairs that are drawn alone, and not for those whose relation another loss teaches', async () => {
    const batch = {
      pairs: [
        { head: 'a', tail: 'b' },
        { head: 'c', tail: 'd' },
      ],
      items: [
        { pair: 1, relation: -1, category: -1, positive: true, words: [2, 3] },
        { pair: 0, relation: 4, category: -1, positive: true, words: [0, 1] },
      ],
      triples: undefined,
    } as const;
    const loss = { name: 'similarity', weight: 1, temperature: 0.1 } as const;
    const [ab, cd] = batch.pairs;
    expect(comparedPairs([batch, batch], [{ ...loss, labelled: true }])).toEqual([cd, ab]);
    expect(comparedPairs([batch, batch], [{ ...loss, labelled: false }])).toEqual([cd]);
    let encoded = 0;
    const options = run('drawn', { losses, steps: 1 }, { teacher: { model: tinyModel } });
    await collect({ ...options, onTeacher: ({ total }) => (encoded = total) });
    const lines = readFileSync(join(options.output, 'train-pairs.tsv'), 'utf8').trim().split('\n');
    expect(encoded).toBeGreaterThan(0);
    expect(encoded).toBeLessThan(lines.length - 1);
  });

  it('does not train on pairs of the excluded files', async () => {
    const [pairs, asked] = [join(folder, 'further.tsv'), join(folder, 'asked.tsv')];
    writeFileSync(pairs, 'gear\tbat\ntree\tcar\n');
    writeFileSync(asked, 'bat\tgear\n');
    const options = run('excluding', { losses }, { teacher: { model: tinyModel, pairs: [pairs], pairsPerStep: 2 } });
    const events = await collect({ ...options, excludePairs: [asked] });
    expect(events[0]).toMatchObject({ kind: 'data', excludedPairs: 1 });
    const trained = readFileSync(join(options.output, 'train-pairs.tsv'), 'utf8');
    expect(trained).toContain('further.tsv\ttree\tcar\tpositive\n');
    expect(trained).not.toContain('gear\tbat');
    const lines = trained.trim().split('\n').length - 1;
    const card = readFileSync(join(options.output, 'README.md'), 'utf8');
    expect(card).toContain(`4 relations, ${lines - 1} pairs, and 1 pairs for the teacher`);
  });
});

describe('a prompt with the layout of 2021', () => {
  const prompt: PromptSpec = { kind: 'trigger', top: [10, 11], mid: [12], bottom: [13], layout: '2021' };

  it.each([
    ['average', 'mode'],
    ['difference', 'aggregation_mode'],
    ['sum_no_mask', 'aggregation_mode'],
  ] as const)('is saved with the pooling %s so that it reads back', async (pooling, key) => {
    const options = run(`layout-${pooling}`, { steps: 1 }, { template: null, pooling }, { prompt });
    await collect(options);
    const config = JSON.parse(readFileSync(join(options.output, 'config.json'), 'utf8')) as Record<string, object>;
    expect(config['relbert_config']).toHaveProperty(key);
    await using read = await RelationEncoder.load(options.output, { worker: false });
    await using given = await RelationEncoder.load(options.output, { worker: false, prompt, pooling });
    expect(read.info.pooling).toBe(pooling);
    const pair = [['cat', 'tail']] as const;
    expect((await read.encode(pair)).data).toEqual((await given.encode(pair)).data);
  });
});
