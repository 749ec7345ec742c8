import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RelationEncoder } from '../../src/index.ts';
import { shell } from '../cli/built-command.ts';
import { relbert, tinyModel } from '../cli/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-distill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = ['cat', 'ear', 'tail', 'bat', 'jar', 'rat', 'hair', 'leaf', 'tree', 'fish', 'car', 'gear'];
const pair = (i: number) => [words[i % 12], words[(i * 5 + 1 + Math.floor(i / 12)) % 12]];
const relations = Array.from({ length: 6 }, (_, r) => ({
  relation: `r${r}`,
  parent: `c${r % 3}`,
  positives: Array.from({ length: 6 }, (_, i) => pair(r * 13 + i)),
  negatives: Array.from({ length: 3 }, (_, i) => pair(r * 13 + i + 70)),
}));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const distinctRelations = relations.map((set) => {
  const seen = new Set(set.positives.map(String));
  return {
    ...set,
    positives: [...new Map(set.positives.map((p) => [String(p), p])).values()],
    negatives: set.negatives.filter((p) => !seen.has(String(p))),
  };
});
const data = file('relations.jsonl', lines(distinctRelations));
const questions = file(
  'valid.jsonl',
  lines([
    {
      stem: ['cat', 'ear'],
      choice: [
        ['bat', 'tail'],
        ['jar', 'rat'],
      ],
      answer: 0,
    },
  ]),
);
const tiny = [
  ...['--model', tinyModel, '--data', data, '--template', '<subj> <mask> <obj>', '--pooling', 'difference'],
  ...['--batch', '3', '--set', 'sampling.parts.*.positives=3', '--set', 'sampling.parts.*.negatives=1'],
  ...['--threads', '1', '--set', 'validationShare=0.34'],
];
const run = (output: string, ...args: string[]) =>
  relbert(['distill', ...tiny, '--output', join(folder, output), '--steps', '8', '--every', '4', ...args]);

function log(output: string): Record<string, unknown>[] {
  return readFileSync(join(folder, output, 'train.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('relbert distill', () => {
  it('trains an encoder that this package loads, with card, log, pairs and curve', async () => {
    const { code, stdout, stderr } = await run('plain', '--validate', questions);
    expect([code, stderr.includes('    at ')]).toEqual([0, false]);
    expect(stdout).toBe(`${join(folder, 'plain')}\n`);
    expect(stderr).toMatch(/6 relations, \d+ pairs/);
    expect(stderr).toMatch(/step 4: loss [\d.]+, .* [\d.]+, mean [\d.]+/);
    const names = readdirSync(join(folder, 'plain'));
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'README.md', 'train.jsonl']) {
      expect(names).toContain(name);
    }
    expect(readdirSync(join(folder, 'plain/checkpoints')).sort()).toEqual(['best.safetensors', 'last.safetensors']);
    const config = JSON.parse(readFileSync(join(folder, 'plain/config.json'), 'utf8')) as Record<string, unknown>;
    expect(config['relbert_config']).toEqual({
      aggregation_mode: 'difference',
      template: '<subj> <mask> <obj>',
    });
    expect(readFileSync(join(folder, 'plain/learning-curve.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*polyline[\s\S]*<\/svg>\n$/,
    );
    const card = readFileSync(join(folder, 'plain/README.md'), 'utf8');
    expect(card).toContain('| mean |');
    expect(card).toContain('AutoModel.from_pretrained');
    expect(readFileSync(join(folder, 'plain/train-pairs.tsv'), 'utf8')).toMatch(/^relation\thead\ttail\tlabel\nr0\t/);
    const kinds = log('plain').map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'step')).toHaveLength(8);
    expect(kinds.filter((kind) => kind === 'validation')).toHaveLength(2);
    expect(kinds.at(-1)).toBe('done');

    await using before = await RelationEncoder.load(tinyModel, {
      template: '<subj> <mask> <obj>',
      pooling: 'difference',
      worker: false,
    });
    await using after = await RelationEncoder.load(join(folder, 'plain'), { worker: false });
    expect(after.info).toMatchObject({ pooling: 'difference', promptFrom: 'checkpoint' });
    const [a, b] = [await before.encode([['cat', 'tail']]), await after.encode([['cat', 'tail']])];
    const change = Math.hypot(...a.data.map((value, i) => value - (b.data[i] as number)));
    expect(change).toBeGreaterThan(1e-4);
    expect(change).toBeLessThan(Math.hypot(...a.data));
  });

  it('saves f16 in half the space', async () => {
    expect((await run('half', '--dtype', 'f16')).code).toBe(0);
    const size = (name: string) => statSync(join(folder, name, 'model.safetensors')).size;
    expect(size('half')).toBeLessThan(0.65 * size('plain'));
  });

  it('refuses a folder that exists, resumes a run, and leaves a finished one as it is', async () => {
    const refused = await run('plain');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/holds a run already: --resume goes on with it, --overwrite replaces it/);
    const before = statSync(join(folder, 'plain/model.safetensors')).mtimeMs;
    const finished = await run('plain', '--validate', questions, '--resume');
    expect(finished.code).toBe(0);
    expect(finished.stderr).toContain('this run is finished (8 steps): nothing was changed');
    expect(statSync(join(folder, 'plain/model.safetensors')).mtimeMs).toBe(before);
    const other = await run(
      'plain',
      '--validate',
      questions,
      '--resume',
      '--lr',
      '0.5',
      '--set',
      'training.losses.0.temperature=0.3',
    );
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/training\.learningRate: was [\d.e-]+, now 0\.5/);
    expect(other.stderr).toContain('training.losses[0].temperature: was 0.07, now 0.3');
    const both = await run('plain', '--resume', '--overwrite');
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('contradict')]);
    expect((await run('plain', '--overwrite')).code).toBe(0);
    const fresh = await run('fresh', '--resume');
    expect([fresh.code, log('fresh')[0]]).toMatchObject([0, { kind: 'start', step: 0 }]);
  });

  it('goes on after Ctrl-C with the same result', async () => {
    const interrupted = await relbert(
      ['distill', ...tiny, '--output', join(folder, 'stopped'), '--steps', '60', '--every', '5'],
      { interruptWhen: () => existsSync(join(folder, 'stopped/checkpoints/last.safetensors')) },
    );
    expect(interrupted.code).toBe(130);
    expect(existsSync(join(folder, 'stopped/model.safetensors'))).toBe(false);
    const args = (output: string) => [
      'distill',
      ...tiny,
      '--output',
      join(folder, output),
      '--steps',
      '60',
      '--every',
      '5',
    ];
    const resumed = await relbert([...args('stopped'), '--resume']);
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('going on after step')]);
    expect((await relbert(args('undisturbed'))).code).toBe(0);
    const bytes = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(bytes('stopped').equals(bytes('undisturbed'))).toBe(true);
    const steps = log('stopped').flatMap(({ kind, step }) => (kind === 'step' ? [step] : []));
    expect(steps).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  it('learns from a teacher, whose embeddings are cached', async () => {
    const env = { HF_HOME: join(folder, 'hub') };
    const args = ['distill', ...tiny, '--steps', '3', '--teacher', join(folder, 'half'), '--loss', 'similarity'];
    const further = file('further.tsv', 'cat\tgear\njar\tleaf\n');
    const first = await relbert(
      [...args, '--output', join(folder, 'student'), '--pairs', further, '--set', 'teacher.pairsPerStep=2'],
      { env },
    );
    expect([first.code, first.stderr.includes('error')]).toEqual([0, false]);
    const cache = join(folder, 'hub/relbert/teacher');
    const files = () =>
      readdirSync(cache).map((name) => {
        const { ino, mtimeMs } = statSync(join(cache, name));
        return { name, ino, mtimeMs };
      });
    const written = files();
    expect(written).toHaveLength(1);
    const again = await relbert(
      [...args, '--output', join(folder, 'student2'), '--pairs', further, '--set', 'teacher.pairsPerStep=2'],
      { env },
    );
    expect(again.code).toBe(0);
    expect(files()).toEqual(written);
    const bytes = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    expect(bytes('student').equals(bytes('student2'))).toBe(true);
  });

  it('names what is wrong with the data or the options', async () => {
    const says = async (expected: RegExp, code: number, ...args: string[]) => {
      const result = await run(`bad${Math.random()}`, ...args);
      expect([result.stderr, result.code, result.stdout]).toEqual([expect.stringMatching(expected), code, '']);
      expect(result.stderr).not.toContain('    at ');
    };
    await says(/part 0 draws 7 relations a step, and its data have 6: lower .*--batch/, 1, '--batch', '7');
    await says(/relation 'x' is empty/, 1, '--data', file('empty.jsonl', lines([{ relation: 'x', positives: [] }])));
    await says(
      /:1: .*has one positive pair only/,
      1,
      '--data',
      file('one.jsonl', lines([{ relation: 'x', positives: [['a', 'b']] }])),
    );
    const both = [
      {
        relation: 'x',
        positives: [
          ['a', 'b'],
          ['c', 'd'],
        ],
        negatives: [['a', 'b']],
      },
    ];
    await says(/both positive and negative/, 1, '--data', file('both.jsonl', lines(both)));
    await says(/all 6 relations are excluded/, 1, '--exclude-relation', 'c0', 'c1', 'c2');
    await says(/no relation or category is named 'zz'/, 2, '--exclude-relation', 'zz');
    await says(
      /training\.losses\.0\.name: expected one of .*got 'infonc' \(did you mean infonce/,
      2,
      '--loss',
      'infonc',
    );
    await says(/needs a teacher/, 2, '--loss', 'similarity');
    await says(/steps and epochs are both given/, 2, '--epochs', '2');
    await says(/unknown recipe 'defalt'.*default/, 2, '--recipe', 'defalt');
    await says(/there is no such file or folder.*semeval2012/, 1, '--data', 'semeval2021');
    await says(/training\.learningRate: expected number to be >0, got 0/, 2, '--lr', '0');
    await says(/'learnRate' \(did you mean learningRate\?\)/, 2, '--set', 'training.learnRate=1');
    await says(/is not empty and is not the folder of a run.*: name another folder/, 1, '--output', folder);
    await says(/does not hold a run to resume/, 2, '--output', tinyModel, '--resume');
    const long = {
      relation: 'x',
      positives: [
        [`a ${'b '.repeat(70)}`, 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    };
    await says(/\["a b b.*","b"\] has \d+ tokens, 64 are allowed/, 1, '--data', file('long.jsonl', lines([long])));
  });

  it('leaves out the pairs of evaluation files and says how many', async () => {
    const { code, stderr } = await run('excluding', '--exclude-pairs', questions, '--batch', '2');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/; 3 pairs left out/)]);
    const pairs = readFileSync(join(folder, 'excluding/train-pairs.tsv'), 'utf8');
    expect(pairs).not.toMatch(/\tcat\tear\t|\tear\tcat\t/);
  });

  it('keeps the last good checkpoint when the disk is full', async () => {
    const output = join(folder, 'full');
    const last = join(output, 'checkpoints/last.safetensors');
    const args = ['distill', ...tiny, '--output', output, '--steps', '60', '--every', '2'];
    await relbert(args, { interruptWhen: () => existsSync(last) });
    const before = readFileSync(last);
    expect(before.byteLength).toBeGreaterThan(100_000);
    // A limit on the size of files, in blocks of 1 KiB, as a full disk would have it: writing fails in the middle.
    const quoted = [...args, '--resume'].map((arg) => `'${arg}'`).join(' ');
    const failed = await shell(`ulimit -f 60; trap '' XFSZ; exec $RELBERT ${quoted}`);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/last\.safetensors: cannot write/)]);
    expect(readFileSync(last).equals(before)).toBe(true);
    expect(readdirSync(join(output, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await relbert([...args, '--resume'])).code).toBe(0);
  });

  it('refuses checkpoints of something else', async () => {
    const output = join(folder, 'foreign');
    expect((await run('foreign', '--steps', '4')).code).toBe(0);
    rmSync(join(output, 'model.safetensors'));
    writeFileSync(join(output, 'checkpoints/last.safetensors'), readFileSync(join(tinyModel, 'model.safetensors')));
    const foreign = await run('foreign', '--steps', '4', '--resume');
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('not a checkpoint of a training run')]);
    writeFileSync(join(output, 'checkpoints/last.safetensors'), 'rubbish');
    const damaged = await run('foreign', '--steps', '4', '--resume');
    expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining('not a safetensors file')]);
  });
});
