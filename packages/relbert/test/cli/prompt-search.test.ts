import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitRelations } from '../../src/data/split.ts';
import { readPromptFolder } from '../../src/node/prompt-folder.ts';
import { candidateTokens } from '../../src/search/candidate.ts';
import { tinyModel as loadTinyModel } from '../search/model.ts';
import { spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';
import { usePrompts } from './prompts.ts';

const { relations, data, triggers, at, config, log, accuracy } = usePrompts();

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
    const args = search('--iterations', '6', '--seed', '5');
    expect((await relbert([...args, '--output', at('whole')])).code).toBe(0);
    let killed = 0;
    for (let kill = 0; kill < 2; kill++) {
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
    [
      'an output that is a file',
      search('--output', at('valid.jsonl')),
      2,
      'Expected a folder, which does not end in .jsonl',
    ],
  ])('refuses %s', async (_, args, code, message) => {
    const result = await relbert(args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/ at .*\.js:/);
  });

  it('refuses a run of other settings, or of another model, and one that is there already', async () => {
    const first = search('--iterations', '1', '--output', at('first'));
    expect((await relbert(first)).code).toBe(0);
    const found = readFileSync(join(at('first'), 'prompt.jsonl'), 'utf8');
    const tuned = await relbert(['prompt', 'tune', ...data, ...triggers, '--output', at('first'), '--resume']);
    expect([tuned.code, tuned.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('holds a run of relbert prompt search: go on with that command'),
    ]);
    expect(tuned.code).not.toBe(0);
    expect(readFileSync(join(at('first'), 'prompt.jsonl'), 'utf8')).toBe(found);
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

  it.each([
    ['search', [...triggers, '--iterations', '1', '--k', '1', '--output', at('data-search')]],
    ['tune', [...triggers, '--steps', '1', '--output', at('data-tune')]],
    ['compare', ['--template', 'a', '--steps', '0']],
  ])('choose the data, in prompt %s too', async (name, short) => {
    const run = (...args: string[]) => relbert(['prompt', name, ...data, ...short, ...args]);
    const bottom = await run('--data', 'semeval2012', '--top', '5', '--bottom', '60');
    expect(bottom.stderr).toContain('too few for top 5 and bottom 60');
    expect((await run('--validation-share', '0')).stderr).toContain('0 of them with held-out pairs');
  });

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
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 step, 96 parameters')]);
    const refused = await relbert([...run, '--resume', '--reparameterization', 'mlp']);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('reparameterization: was "none", now "mlp"'),
    ]);
  }, 120_000);
});
