import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { splitRelations } from '../../src/data/split.ts';
import { RelationEncoder } from '../../src/index.ts';
import { readPromptFolder } from '../../src/node/prompt-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import { candidateTokens } from '../../src/search/candidate.ts';
import { PromptGradient } from '../../src/train/prompt-gradient.ts';
import { pTuning } from '../../src/train/soft-prompt/p-tuning.ts';
import { tripletBatches } from '../../src/train/triplet-batch.ts';
import { tinyModel as loadTinyModel, wordRelations } from '../search/model.ts';
import { spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-prompt-'));
const at = (name: string) => join(folder, name);
const relations = wordRelations(10, { positives: 10, negatives: 5 });
const data = ['--model', tinyModel, '--pooling', 'average', '--data', at('relations.jsonl'), '--threads', '1'];
const triggers = ['--begin', '2', '--middle', '1', '--end', '1'];

beforeAll(async () => {
  writeFileSync(at('relations.jsonl'), formatRelationLines(relations));
  const questions = relations.slice(0, 6).map(({ positives, negatives }, i) =>
    JSON.stringify({
      stem: [positives[0]?.head, positives[0]?.tail],
      choice: [positives[1], negatives[0], negatives[1]].map((pair) => [pair?.head, pair?.tail]),
      answer: i % 3 === 0 ? 0 : 1,
    }),
  );
  writeFileSync(at('valid.jsonl'), `${questions.join('\n')}\n`);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = (name: string) => JSON.parse(readFileSync(join(at(name), 'config.json'), 'utf8'));
const log = (name: string) =>
  readFileSync(join(at(name), 'prompt.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const accuracy = async (...args: string[]) => {
  const { code, stdout, stderr } = await relbert([
    'evaluate',
    'analogy',
    '--data',
    at('valid.jsonl'),
    '--model',
    tinyModel,
    '--json',
    ...args,
  ]);
  expect([code, stderr.replace(/.*plain language model.*\n/, '')]).toEqual([0, '']);
  return JSON.parse(stdout);
};

describe('relbert prompt search', () => {
  const search = (...args: string[]) => ['prompt', 'search', ...data, ...triggers, '--k', '20', ...args];

  it('finds a prompt that evaluate, embed and distill take', async () => {
    const { code, stdout, stderr } = await relbert(search('--iterations', '6', '--output', at('P')));
    expect([code, stdout]).toEqual([0, `${at('P')}\n`]);
    expect(stderr).toMatch(
      /start: loss \d\.\d{4}, validation \d\.\d{4}: \[MASK\] \[MASK\] <subj> \[MASK\] <obj> \[MASK\]/,
    );
    const entries = log('P');
    const improved = entries.filter(({ improved }) => improved);
    expect(improved.length).toBeGreaterThan(0);
    for (const { text, token, loss, before } of improved) {
      expect(text).toContain(token.replace('##', ''));
      expect(loss).toBeLessThan(before);
    }
    expect(readFileSync(join(at('P'), 'loss.svg'), 'utf8')).toMatch(/^<svg[\s\S]*polyline[\s\S]*<\/svg>\n$/);

    const judged = await accuracy('--prompt', at('P'));
    expect(judged.template).toBe(config('P').relbert_config.template);
    expect(judged.pooling).toBe('average');
    const embedded = await relbert(['embed', 'cat:dog', '--model', tinyModel, '--prompt', at('P')]);
    expect(embedded.code).toBe(0);
    // What lies in the data is a failure, not wrong usage.
    const masked = await relbert(['embed', '["[MASK]","dog"]', '--model', tinyModel, '--prompt', at('P')]);
    expect([masked.code, masked.stderr]).toEqual([1, expect.stringContaining('holds the mask token')]);

    const distilled = await relbert([
      ...['distill', '--model', tinyModel, '--prompt', at('P'), '--data', at('relations.jsonl')],
      ...['--set', 'sampling.parts.*.positives=3', '--set', 'sampling.parts.*.negatives=1'],
      ...['--batch', '4', '--steps', '2', '--output', at('distilled')],
    ]);
    expect([distilled.code, distilled.stderr]).toEqual([0, expect.stringContaining('2 steps')]);
    expect(config('distilled').relbert_config).toEqual(config('P').relbert_config);
  }, 60_000);

  it('starts from the tokens of a template', async () => {
    const { code, stderr } = await relbert([
      ...['prompt', 'search', ...data, '--template', 'paint <subj> is to <obj> , read', '--k', '10'],
      ...['--iterations', '1', '--output', at('template')],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/start: .*: paint <subj> is t ?##o <obj> , read|start: .*: paint <subj> is to <obj> , read/);
  });

  it('goes on after a kill to the same prompt', async () => {
    const args = search('--iterations', '12', '--seed', '5');
    expect((await relbert([...args, '--output', at('whole')])).code).toBe(0);
    let killed = 0;
    for (let kill = 0; kill < 4; kill++) {
      const { signal } = await spawnRelbert(
        [...args, '--output', at('cut'), ...(existsSync(at('cut')) ? ['--resume'] : [])],
        {
          during: (child) => {
            child.stdin.end();
            let lines = 0;
            child.stderr.on('data', (chunk: Buffer) => {
              lines += chunk.toString().split('\n').length - 1;
              if (lines >= 3) child.kill('SIGKILL');
            });
          },
        },
      );
      if (signal === 'SIGKILL') killed++;
    }
    expect(killed).toBeGreaterThan(0);
    expect((await relbert([...args, '--output', at('cut'), '--resume'])).code).toBe(0);
    expect(config('cut')).toEqual(config('whole'));
    const events = (name: string) => log(name).map(({ seconds: _, ...entry }) => entry);
    expect(events('cut')).toEqual(events('whole'));
  }, 90_000);

  it('writes the form that relbert 0.0.2 reads', async () => {
    const args = ['--iterations', '2', '--layout', '2021', '--output', at('old')];
    expect((await relbert(search(...args, '--pooling', 'average_no_mask'))).code).toBe(0);
    const { relbert_config } = config('old');
    expect(relbert_config).toEqual({
      mode: 'average_no_mask',
      template: {
        top: [expect.any(Number), expect.any(Number)],
        mid: [expect.any(Number)],
        bottom: [expect.any(Number)],
      },
    });
    const { prompt } = await readPromptFolder(at('old'));
    expect(prompt).toMatchObject({ kind: 'trigger', layout: '2021' });
    const refused = await relbert(search(...args, '--overwrite', '--pooling', 'difference'));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('2021 form has no pooling difference')]);
  }, 60_000);

  it.each([
    ['no triggers at all', ['prompt', 'search', ...data, '--output', at('x')], 2, 'no triggers at all: give --begin'],
    ['k larger than the vocabulary', search('--k', '500', '--output', at('x')), 2, 'from 1 to the 95 tokens'],
    [
      'too many triggers',
      search('--begin', '62', '--output', at('x')),
      2,
      'leave no room for the words: the model takes 64',
    ],
    ['template and counts', search('--template', 'd', '--output', at('x')), 2, '--template says how many triggers'],
    [
      'a template that cannot be',
      ['prompt', 'search', ...data, '--template', 'e', '--output', at('x')],
      2,
      'a template with <subj> and then <obj>, each once',
    ],
    [
      'no such model',
      ['prompt', 'search', ...triggers, '--model', '/no/such', '--output', at('x')],
      1,
      'no such folder',
    ],
    ['an output that is a file', search('--output', at('valid.jsonl')), 2, 'is a file'],
  ])('refuses %s', async (_, args, code, message) => {
    const result = await relbert(args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/ at .*\.js:/);
  });

  it('refuses a run of other settings, or of another model, and one that is there already', async () => {
    const first = search('--iterations', '1', '--output', at('first'));
    expect((await relbert(first)).code).toBe(0);
    expect((await relbert(first)).stderr).toContain('--resume goes on with it, --overwrite replaces it');
    const other = await relbert([...first, '--k', '19', '--resume']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('k: was 20, now 19')]);
    const model = first.map((arg) => (arg === tinyModel ? join(tinyModel, '../distilbert') : arg));
    const another = await relbert([...model, '--resume']);
    expect([another.code, another.stderr]).toEqual([1, expect.stringContaining('run.model: was')]);
  }, 60_000);
});

describe('the flags of relbert prompt search and tune', () => {
  const search = (...args: string[]) => ['prompt', 'search', ...data, ...triggers, '--k', '5', ...args];
  const other = [
    ...['--whole-words', '--no-pair-words', '--exhaustive', '--position', 'best'],
    ...['--distance', 'cosine', '--margin', '0.2'],
  ];

  it('reach the search: it cannot go on with others, and does what they say', async () => {
    const run = search('--iterations', '2', '--output', at('flags'));
    expect((await relbert(run)).code).toBe(0);
    expect(log('flags').some(({ encoded, exhaustive }) => encoded < exhaustive)).toBe(true);
    const refused = await relbert([...run, ...other, '--resume']);
    expect(refused.code).toBe(1);
    const differences = refused.stderr.match(/[\w.]+: was \S+, now [^;\s]+/g) ?? [];
    expect(differences.sort()).toEqual([
      'deviations: was "2.25", now "Infinity"',
      'distance: was "euclidean", now "cosine"',
      'filters.pairWords: was false, now true',
      'filters.wholeWords: was false, now true',
      'margin: was 1, now 0.2',
      'position: was "random", now "best"',
    ]);

    expect((await relbert([...run, ...other, '--overwrite'])).code).toBe(0);
    const [start, ...entries] = log('flags');
    // The cosine distance is at most 2, the margin 0.2.
    expect(start.loss).toBeLessThan(0.5);
    for (const { encoded, exhaustive } of entries.filter(({ kind }) => kind === 'iteration')) {
      expect(encoded).toBe(exhaustive);
    }
  }, 120_000);

  it('leave tokens out of the candidates', async () => {
    const { tokenizer } = await loadTinyModel();
    const { train, validation } = splitRelations(relations);
    const pairWords = [...train, ...validation].flatMap((set) => [...set.positives, ...set.negatives]);
    const all = candidateTokens(tokenizer).length;
    for (const [flags, filters] of [
      [['--whole-words'], { wholeWords: true }],
      [['--no-pair-words'], { pairWords }],
    ] as const) {
      const { length } = candidateTokens(tokenizer, filters);
      expect(length).toBeLessThan(all);
      const { stderr } = await relbert(search(...flags, '--k', '500', '--output', at('x')));
      expect(stderr).toContain(`k must be from 1 to the ${length} tokens`);
    }
  }, 120_000);

  it('choose the network of the tuning', async () => {
    const run = ['prompt', 'tune', ...data, ...triggers, '--steps', '1', '--output', at('network')];
    const { code, stderr } = await relbert([...run, '--reparameterization', 'none']);
    // 4 vectors of 24 numbers.
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 steps, 96 parameters')]);
    const refused = await relbert([...run, '--resume', '--reparameterization', 'mlp']);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('reparameterization: was "none", now "mlp"'),
    ]);
  }, 120_000);
});

describe('relbert prompt tune', () => {
  const tune = (...args: string[]) => ['prompt', 'tune', ...data, ...triggers, '--lr', '0.01', ...args];

  it('saves what the network gives: loading it gives the embeddings of the end of training', async () => {
    const { code, stderr } = await relbert(tune('--steps', '20', '--output', at('Q')));
    expect([code, stderr]).toEqual([0, expect.stringContaining('20 steps in')]);
    const { prompt: spec } = await readPromptFolder(at('Q'));
    if (spec.kind !== 'soft') throw new Error(spec.kind);
    // The same run in this process, to its end.
    const model = await loadTinyModel('bert', 'average');
    const { train, validation } = splitRelations(relations);
    const counts = { begin: 2, middle: 1, end: 1 };
    const runtime = nodeRuntime();
    for await (const event of pTuning({
      ...{ model, relations: train, validation, counts, runtime, threads: 1, seed: 0, steps: 20, learningRate: 0.01 },
    })) {
      if (event.kind === 'done') expect(event.spec.vectors).toEqual(spec.vectors);
    }
    // Losses on the differentiable graph that the vectors were trained in, and of embeddings loaded anew.
    const { config: lm, weights, pooling, tokenizer } = model;
    const gradient = await PromptGradient.create({ config: lm, weights, pooling, runtime, count: 4, threads: 1 });
    const batches = tripletBatches({ relations: validation, seed: 1 });
    const prompt = createPrompt(spec, tokenizer, { softStart: lm.vocabularySize });
    const trained = await gradient.loss(batches, (pair) => prompt.encode(pair), spec.vectors);
    expect(trained).toBeCloseTo(config('Q').prompt.loss, 6);
    await using encoder = await RelationEncoder.load(tinyModel, { prompt: spec, pooling, threads: 1 });
    const { hingeLosses } = await import('../../src/search/hinge.ts');
    let [sum, count] = [0, 0];
    for (const batch of batches) {
      const { data: embeddings } = await encoder.encode(batch.pairs);
      for (const loss of hingeLosses(embeddings, encoder.dimension, batch.triples)) sum += loss;
      count += batch.relationOf.length;
    }
    expect(sum / count).toBeCloseTo(trained, 5);
    await gradient.dispose();
    expect((await accuracy('--prompt', at('Q'))).template).toBe('[2 soft] <subj> [1 soft] <obj> [1 soft]');
  }, 60_000);

  it('is fine-tuned with the model: its vectors are trained and saved', async () => {
    const { code, stderr } = await relbert([
      ...['distill', '--model', tinyModel, '--prompt', at('Q'), '--data', at('relations.jsonl'), '--lr', '0.01'],
      ...['--set', 'sampling.parts.*.positives=3', '--set', 'sampling.parts.*.negatives=1'],
      ...['--batch', '4', '--steps', '3', '--output', at('distilled-soft')],
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 steps')]);
    const before = await readPromptFolder(at('Q'));
    const after = await readPromptFolder(at('distilled-soft'));
    if (before.prompt.kind !== 'soft' || after.prompt.kind !== 'soft') throw new Error('no soft prompts');
    expect(after.prompt.vectors).toHaveLength(before.prompt.vectors.length);
    expect(after.prompt.vectors).not.toEqual(before.prompt.vectors);
    const { code: embeds } = await relbert(['embed', 'cat:dog', '--model', at('distilled-soft')]);
    expect(embeds).toBe(0);
  }, 60_000);

  it('goes on after a kill to the same bits', async () => {
    const args = tune('--steps', '60', '--every', '5', '--seed', '3');
    expect((await relbert([...args, '--output', at('tuned')])).code).toBe(0);
    for (let kill = 0; kill < 3; kill++) {
      await spawnRelbert([...args, '--output', at('tuned-cut'), ...(existsSync(at('tuned-cut')) ? ['--resume'] : [])], {
        during: (child) => {
          child.stdin.end();
          let lines = 0;
          child.stderr.on('data', (chunk: Buffer) => {
            lines += chunk.toString().split('\n').length - 1;
            if (lines >= 5) child.kill('SIGKILL');
          });
        },
      });
    }
    expect((await relbert([...args, '--output', at('tuned-cut'), '--resume'])).code).toBe(0);
    expect(config('tuned-cut')).toEqual(config('tuned'));
    const events = (name: string) => log(name).map(({ seconds: _, ...entry }) => entry);
    expect(events('tuned-cut')).toEqual(events('tuned'));
  }, 90_000);

  it('refuses no triggers, an odd network, a prompt of another model', async () => {
    const none = await relbert(['prompt', 'tune', ...data, '--output', at('x')]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no triggers at all')]);
    cpSync(at('Q'), at('wide'), { recursive: true });
    const wide = config('Q');
    wide.relbert_config.prompt.embedding = wide.relbert_config.prompt.embedding.map((row: number[]) => [...row, 0]);
    writeFileSync(join(at('wide'), 'config.json'), JSON.stringify(wide));
    const embed = (name: string) => relbert(['embed', 'cat:dog', '--model', tinyModel, '--prompt', at(name)]);
    expect((await embed('wide')).stderr).toContain(
      "25 numbers, the model's word embeddings 24; the prompt belongs to another model",
    );
    cpSync(at('P'), at('renamed'), { recursive: true });
    const renamed = config('P');
    renamed.relbert_config.prompt.tokens[0] = 'elsewhere';
    writeFileSync(join(at('renamed'), 'config.json'), JSON.stringify(renamed));
    const other = await embed('renamed');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining("was 'elsewhere' where the prompt was found"),
    ]);
    expect((await embed('nowhere')).stderr).toContain('no such folder');
    const both = await relbert(['embed', 'cat:dog', '--model', tinyModel, '--prompt', at('P'), '--template', 'a']);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--template and --prompt are both given')]);
  }, 60_000);
});

describe('relbert prompt compare', () => {
  it('gives loss and accuracy of each prompt, before and after a short fine-tuning', async () => {
    const args = [
      'prompt',
      'compare',
      ...data,
      '--validate',
      at('valid.jsonl'),
      '--template',
      'a',
      '--template',
      'c',
      '--prompt',
      at('P'),
      at('Q'),
    ];
    const { code, stdout } = await relbert([...args, '--steps', '4', '--json']);
    expect(code).toBe(0);
    const { results, best, ...about } = JSON.parse(stdout);
    expect(about).toEqual({ model: tinyModel, pooling: 'average', recipe: 'emnlp2021', steps: 4 });
    expect(results.map(({ name }: { name: string }) => name)).toEqual(['a', 'c', at('P'), at('Q')]);
    for (const { name, before, after } of results) {
      // The vanilla model's accuracy is that of evaluate.
      const flags = name.length === 1 ? ['--template', name, '--pooling', 'average'] : ['--prompt', name];
      expect(before.accuracy).toBe((await accuracy(...flags)).macroAverage);
      expect(after.loss).not.toBe(before.loss);
    }
    const least = Math.min(...results.map(({ after }: { after: { loss: number } }) => after.loss));
    expect(results.find(({ name }: { name: string }) => name === best).after.loss).toBe(least);
    // The loss of the search is the same figure.
    expect(results[2].before.loss).toBeCloseTo(config('P').prompt.validation, 6);
    expect(results[3].before.loss).toBeCloseTo(config('Q').prompt.loss, 5);
    const table = await relbert([...args, '--steps', '0']);
    expect(table.stdout).toMatch(/^prompt +loss before +accuracy % before/);
    expect(table.stdout).toContain('lowest validation loss');
  }, 60_000);

  it('names a question whose pair is longer than the model takes', async () => {
    const words = (word: string) => [Array.from({ length: 70 }, () => word).join(' '), 'france'];
    const choice = ['dog', 'cat'].map((word) => [word, 'animal']);
    writeFileSync(at('long.jsonl'), `${JSON.stringify({ stem: words('paris'), choice, answer: 0 })}\n`);
    const { code, stderr } = await relbert([
      ...['prompt', 'compare', ...data, '--template', 'a', '--steps', '0', '--validate', at('long.jsonl')],
    ]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/"paris paris .* tokens, 64 are allowed/)]);
  }, 60_000);

  it('refuses the same prompt twice and an unknown template', async () => {
    const compare = ['prompt', 'compare', ...data, '--steps', '0'];
    expect(await relbert([...compare, '--template', 'a', 'a'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'a' is given twice"),
    });
    expect((await relbert([...compare, '--template', 'q'])).code).toBe(2);
  });
});
