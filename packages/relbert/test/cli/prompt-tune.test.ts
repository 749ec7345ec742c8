import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitRelations } from '../../src/data/split.ts';
import { RelationEncoder } from '../../src/index.ts';
import { readPromptFolder } from '../../src/node/prompt-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { createPrompt } from '../../src/prompt/create-prompt.ts';
import { parseTemplate } from '../../src/prompt/template.ts';
import { PromptGradient } from '../../src/train/prompt-gradient.ts';
import { pTuning } from '../../src/train/soft-prompt/p-tuning.ts';
import { tripletBatches } from '../../src/train/triplet-batch.ts';
import { tinyModel as loadTinyModel } from '../search/model.ts';
import { spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';
import { usePrompts } from './prompts.ts';

const { relations, data, triggers, at, config, log, accuracy } = usePrompts();

/** A prompt of the search, to compare those of the tuning with. */
beforeAll(async () => {
  const args = ['prompt', 'search', ...data, ...triggers, '--k', '10', '--iterations', '1', '--output', at('P')];
  expect((await relbert(args)).code).toBe(0);
}, 60_000);

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
    let vectors: unknown;
    for await (const event of pTuning({
      ...{ model, relations: train, validation, counts, runtime, threads: 1, seed: 0, steps: 20, learningRate: 0.01 },
    })) {
      if (event.kind === 'done') vectors = event.spec.vectors;
    }
    expect(vectors).toEqual(spec.vectors);
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
    const args = tune('--steps', '30', '--every', '5', '--seed', '3');
    expect((await relbert([...args, '--output', at('tuned')])).code).toBe(0);
    let killed = 0;
    for (let kill = 0; kill < 2; kill++) {
      const { signal } = await spawnRelbert(
        [...args, '--output', at('tuned-cut'), ...(existsSync(at('tuned-cut')) ? ['--resume'] : [])],
        {
          during: (child) => {
            child.stdin.end();
            let lines = 0;
            child.stderr.on('data', (chunk: Buffer) => {
              lines += chunk.toString().split('\n').length - 1;
              if (lines >= 5) child.kill('SIGKILL');
            });
          },
        },
      );
      if (signal === 'SIGKILL') killed++;
    }
    expect(killed).toBeGreaterThan(0);
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
    expect(about).toEqual({
      model: tinyModel,
      pooling: 'average',
      recipe: 'emnlp2021',
      steps: 4,
      lossOver: 'validation',
    });
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

  it('names the training loss where no pair is held out, and a tie', async () => {
    const share = ['--validation-share', '0'];
    const tuned = await relbert([
      'prompt',
      'tune',
      ...data,
      ...triggers,
      ...share,
      '--steps',
      '1',
      '--output',
      at('all'),
    ]);
    expect(tuned.stderr).toMatch(/step 0: training loss .*\n(.*\n)*1 step in .*, training loss/);
    expect(tuned.stderr).not.toContain('validation loss');
    expect(readFileSync(join(at('all'), 'loss.svg'), 'utf8')).toContain('training loss (dashed)');
    const text = parseTemplate('a');
    const compare = ['prompt', 'compare', ...data, ...share, '--steps', '0', '--template', 'a', text];
    expect((await relbert(compare)).stdout).toContain(`lowest training loss: a, ${text} (a tie)`);
    const { lossOver, best } = JSON.parse((await relbert([...compare, '--json'])).stdout);
    expect([lossOver, best]).toEqual(['training', null]);
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
