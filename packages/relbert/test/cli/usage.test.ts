import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';

describe('a required option', () => {
  it.each([
    [['evaluate', 'analogy', '--dta', 'x'], "unknown option '--dta'\n(Did you mean --data?)"],
    [['evaluate', 'analogy'], "required option '--data <path...>' not specified"],
    [['index', 'build', 'x', '--pair', 'y'], "unknown option '--pair'\n(Did you mean --pairs?)"],
  ])('that is missing or mistyped: %j', async (args, message) => {
    const { code, stdout, stderr } = await relbert(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain(' --help shows how)');
  });
});

describe('help', () => {
  it('lists the commands on standard output', async () => {
    const { code, stdout, stderr } = await relbert(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of ['embed', 'similarity', 'analogy', 'evaluate', 'info']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
    expect(stdout).toContain('Exit code');
  });

  it.each([['embed'], ['similarity'], ['analogy'], ['evaluate', 'analogy'], ['info']])(
    'of %s has an example and the model options',
    async (...command) => {
      const { code, stdout, stderr } = await relbert([...command, '--help']);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ relbert ${command.join(' ')}`));
      for (const option of ['--model', '--template', '--pooling', '--dtype', '--threads', '--offline']) {
        expect(stdout).toContain(option);
      }
    },
  );

  it.each([['distill'], ['report'], ['prompt', 'search'], ['prompt', 'tune'], ['prompt', 'compare'], ['embed']])(
    'of %s %s is broken into lines where they are full',
    async (...command) => {
      const { stdout } = await relbert([...command.filter((name) => name !== undefined), '--help']);
      const lines = (stdout.split('\n\n')[1] ?? '').split('\n');
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
      for (const [i, line] of lines.slice(0, -1).entries()) {
        const [word = ''] = (lines[i + 1] ?? '').split(' ');
        expect(`${line} ${word}`.length, line).toBeGreaterThan(78);
      }
    },
  );

  it('of a subcommand is what help shows, too', async () => {
    const { stdout } = await relbert(['index', 'build', '--help']);
    expect(stdout).toMatch(/^Usage: relbert index build /);
    expect(await relbert(['help', 'index', 'build'])).toEqual({ code: 0, stdout, stderr: '' });
  });

  it.each([
    [['help', 'embd'], "unknown command 'embd'\n(Did you mean embed?)"],
    [['help', 'zzzzzz'], "unknown command 'zzzzzz'"],
    [['help', 'index', 'bild'], "unknown command 'bild'\n(Did you mean build?)"],
  ])('of a command that is not there: %j', async (args, message) => {
    const { code, stdout, stderr } = await relbert(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.split('\n').length).toBeLessThan(6);
  });

  it('of distill leads to a list of every setting', async () => {
    const { stdout } = await relbert(['distill', '--help']);
    expect(stdout).toContain('relbert distill --help-settings');
    const settings = await relbert(['distill', '--help-settings']);
    expect(settings).toMatchObject({ code: 0, stderr: '' });
    expect(settings.stdout).toContain('training.metric  text | null; default null\n');
    expect(settings.stdout).toContain("'step': the last weights are kept");
  });

  it('says what takes memory', async () => {
    const { stdout } = await relbert(['embed', '--help']);
    expect(stdout.replace(/\s+/g, ' ')).toContain('the same memory, but for the format word2vec');
  });

  it('loads nothing heavy', () => {
    const source = fileURLToPath(new URL('../../src/', import.meta.url));
    const files = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (files.has(file)) return;
      files.add(file);
      const text = readFileSync(join(source, file), 'utf8');
      for (const [, specifier = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';/gm)) {
        if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
        else packages.add(specifier);
      }
    };
    visit('cli/main.ts');
    expect(files.size).toBeGreaterThan(10);
    // Small files with small imports; whatever does the work comes by await import().
    const runtime = ['file-error', 'package'].map((name) => `node/${name}.ts`);
    const light = [
      'encoder/encoder-options.ts',
      'text/relbert-error.ts',
      'text/missing-package-error.ts',
      'text/visible.ts',
      'text/nearest-name.ts',
      'pair/further-columns.ts',
      'pair/pair-key.ts',
      'runtime/device.ts',
      'runtime/error.ts',
      'encoder/pooling-table.ts',
      ...runtime,
    ];
    expect([...files].filter((file) => !file.startsWith('cli/') && !light.includes(file))).toEqual([]);
    expect([...packages].filter((name) => !name.startsWith('node:')).sort()).toEqual(['commander', 'picocolors']);
  });

  it('takes little time, and so does the start of a command', async () => {
    // Processor time beside that of a process that does nothing. The bounds of the project are 0.1 s and 0.5 s of wall time
    // on an idle machine, where such a process takes some 40 ms. Other work on the machine can only add: the best counts.
    const report = 'process.once("exit",()=>{const{user,system}=process.cpuUsage();console.error((user+system)/1000)})';
    const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(report)}` };
    let [bare, help, similarity] = [Infinity, Infinity, Infinity];
    const isShort = () => help < 2.5 * bare && similarity < 8 * bare;
    for (let round = 0; round < 3 || (round < 10 && !isShort()); round++) {
      bare = Math.min(bare, Number(spawnSync(process.execPath, ['-e', ''], { env, encoding: 'utf8' }).stderr));
      help = Math.min(help, Number((await spawnRelbert(['--help'], { env })).stderr));
      const pairs = ['Tokyo:Japan', 'Paris:France'];
      similarity = Math.min(similarity, Number((await spawnRelbert(['similarity', ...pairs], { env })).stderr));
    }
    expect(bare).toBeGreaterThan(0);
    expect(help / bare).toBeLessThan(2.5);
    expect(similarity / bare).toBeLessThan(8);
  });

  it('prints the version', async () => {
    const { code, stdout } = await relbert(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage exits with 2, says why in a line and prints no stack', () => {
  const cases: readonly (readonly [string, readonly string[], string | RegExp])[] = [
    ['no command', [], 'Usage: relbert'],
    ['unknown command', ['embde', 'a:b'], /unknown command 'embde'[\s\S]*Did you mean embed\?/],
    ['unknown subcommand', ['evaluate', 'analgy'], /unknown command 'analgy'[\s\S]*Did you mean analogy\?/],
    ['no subcommand', ['evaluate'], 'Usage: relbert evaluate'],
    ['a value near a choice', ['embed', '--device', 'webgp', 'a:b'], /webgp' is invalid[^\n]*did you mean webgpu\?/],
    ['unknown option', ['embed', '--poling', 'cls', 'a:b'], /unknown option '--poling'[\s\S]*Did you mean --pooling\?/],
    [
      'a pair that looks like an option',
      ['similarity', '-5:a', 'b:c'],
      /'-5:a'. A pair that starts with '-' goes after '--'/,
    ],
    ['unknown pooling', ['embed', '--pooling', 'diference', 'a:b'], /'diference' \(did you mean difference/],
    ['an option of a command', ['embed', '--poling', 'cls', 'a:b'], /\(relbert embed --help shows how\)/],
    [
      'an option of a subcommand',
      ['evaluate', 'analogy', '--dat', 'x'],
      /\(relbert evaluate analogy --help shows how\)/,
    ],
    ['a command that there is not', ['embde'], /\(relbert --help shows how\)/],
    ['a word for a template', ['embed', '--template', 'hello', 'a:b'], /unknown template "hello": expected a letter/],
    ['an empty template', ['embed', '--template', '', 'a:b'], /unknown template "": expected a letter/],
    ['unknown template', ['embed', '--template', 'f', 'a:b'], /template[\s\S]*a, b, c, d, e/],
    ['a template without the tail', ['embed', '--template', '<subj> is a <mask>', 'a:b'], '<obj>'],
    ['a mistyped placeholder', ['embed', '--template', '<sbj> and <obj>', 'a:b'], '<subj>'],
    ['unknown dtype', ['embed', '--dtype', 'f31', 'a:b'], /'f31'[\s\S]*f32, int8/],
    ['unknown format', ['embed', '--format', 'json', 'a:b'], /'json'[\s\S]*jsonl, npy, word2vec/],
    ['a number that is none', ['embed', '--threads', 'two', 'a:b'], /'two'[\s\S]*whole number/],
    ['zero threads', ['embed', '--threads', '0', 'a:b'], /'0'[\s\S]*whole number/],
    ['no pairs', ['embed'], 'no pairs: give HEAD:TAIL'],
    ['pairs twice', ['embed', '--pairs', 'x.tsv', 'a:b'], 'not both'],
    ['one word', ['embed', 'Tokyo'], /"Tokyo" is not a pair: expected head:tail/],
    ['a word with a colon', ['embed', '10:30:time'], /more than one ':'[\s\S]*as JSON[\s\S]*in a file/],
    ['a blank word', ['embed', 'Tokyo:'], 'the tail word is blank'],
    ['JSON that is no pair', ['embed', '["a"]'], 'expected two words, got one'],
    ['a pairs file of another ending', ['embed', '--pairs', 'pairs.xlsx'], '.tsv, .csv'],
    ['npy on standard output', ['embed', '--format', 'npy', 'a:b'], 'needs --output'],
    ...['analogy', 'mapping', 'classification', 'complete'].map((judged): (typeof cases)[number] => [
      `predictions of ${judged} among the figures`,
      ['evaluate', judged, '--data', 'x', '--predictions', '-'],
      "'-' is invalid. Expected a file: the figures go to standard output",
    ]),
    ['one pair to compare', ['similarity', 'a:b'], "missing required argument 'other'"],
    ['three pairs to compare', ['similarity', 'a:b', 'c:d', 'e:f'], 'too many arguments'],
    ['one choice', ['analogy', 'a:b', 'c:d'], 'at least two choices'],
    ['no data', ['evaluate', 'analogy'], "required option '--data <path...>' not specified"],
  ];

  it.each(cases)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await relbert([...args, ...(args[0] === 'embed' ? ['--model', tinyModel] : [])]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('failure exits with 1', () => {
  it('for a model that is not there', async () => {
    const { code, stderr } = await relbert(['info', '--model', './no/such/folder', '--offline']);
    expect(code).toBe(1);
    expect(stderr).toContain('no/such/folder');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('with a stack where RELBERT_DEBUG asks for it', async () => {
    const { code, stderr } = await relbert(['info', '--model', './no/such/folder', '--offline'], {
      env: { RELBERT_DEBUG: '1' },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\s+at /m);
  });
});
