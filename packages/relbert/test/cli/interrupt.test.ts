import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graceOf } from '../../src/cli/command-line.ts';
import { shell, spawnRelbert } from './built-command.ts';
import { relbert, tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-interrupt-'));
const many = join(folder, 'many.tsv');
beforeAll(async () => {
  writeFileSync(many, Array.from({ length: 100_000 }, (_, i) => `w${i}\tv${i}\n`).join(''));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const temporaryFiles = (): string[] => readdirSync(folder).filter((name) => name !== 'many.tsv');

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  if (!condition()) throw new Error('waited in vain');
}

describe('Ctrl-C in the middle of a long embed', () => {
  it.each([
    ['jsonl', 'SIGINT', 130],
    ['npy', 'SIGTERM', 143],
  ] as const)('%s, %s: no half file, exit code %d', async (format, signal, expected) => {
    const output = join(folder, `out.${format}`);
    const args = [
      'embed',
      '--model',
      tinyModel,
      '--threads',
      '1',
      '--pairs',
      many,
      '--format',
      format,
      '--output',
      output,
    ];
    const ended = await spawnRelbert(args, {
      during: async (child) => {
        // Something has been written: it is in the middle.
        await until(() => temporaryFiles().some((name) => readFileSync(join(folder, name)).length > 10_000));
        child.kill(signal);
      },
    });
    expect(ended).toMatchObject({ code: expected, stdout: '' });
    expect(ended.stderr).not.toMatch(/^\s+at |error:/m);
    expect(temporaryFiles()).toEqual([]);
  });

  it('keeps the file that was there', async () => {
    const output = join(folder, 'kept.jsonl');
    writeFileSync(output, 'older\n');
    const { code } = await relbert(['embed', '--model', tinyModel, '--pairs', many, '--output', output], {
      interruptWhen: () => temporaryFiles().some((name) => name.endsWith('.tmp')),
    });
    expect(code).toBe(130);
    expect(temporaryFiles()).toEqual(['kept.jsonl']);
    expect(readFileSync(output, 'utf8')).toBe('older\n');
    rmSync(output);
  });

  it('while it waits for standard input', async () => {
    const input = new PassThrough();
    input.write('cat\tdog\n');
    const { code } = await relbert(['embed', '--model', tinyModel, '--pairs', '-'], {
      input,
      interruptWhen: (stderr) => stderr.includes('plain language model'),
    });
    expect(code).toBe(130);
  });
});

describe('a signal while the other side of a FIFO is awaited', () => {
  const embed = ['embed', '--model', tinyModel];
  const fifos = mkdtempSync(join(tmpdir(), 'relbert-fifo-'));
  afterAll(() => rmSync(fifos, { recursive: true, force: true }));
  const makeFifo = (name: string): string => {
    const path = join(fifos, name);
    execFileSync('mkfifo', [path]);
    return path;
  };

  it('a writer that is silent: the first signal ends the command', async () => {
    const fifo = makeFifo('pairs.tsv');
    let writer: FileHandle | undefined;
    const ended = await spawnRelbert([...embed, '--pairs', fifo], {
      during: async (child) => {
        writer = await open(fifo, 'w'); // once the command has opened it
        await writer.write('cat\tdog\n');
        child.kill('SIGTERM');
      },
    });
    await writer?.close();
    // By an exit code, or by the signal where a read is still waiting: for a shell the same.
    expect(['143 null', 'null SIGTERM']).toContain(`${ended.code} ${ended.signal}`);
    expect(ended.stdout).toBe('');
  });

  it.each([1, 2])('no reader: %d times Ctrl-C end the command, with exit code 130 for a shell', async (times) => {
    const output = makeFifo(`${times}.jsonl`);
    const line = `$RELBERT ${[...embed, '--pairs', many, '--output', output].join(' ')} & command=$!
      read -r go; kill -INT $command; [ ${times} = 1 ] || { sleep 0.5; kill -INT $command; }; wait $command`;
    let started = 0;
    // With -m the command is no background job that ignores Ctrl-C.
    const ended = await shell(`set -m; ${line}`, {
      during(child) {
        // What the command says before it opens its output.
        child.stderr.once('data', () => {
          started = performance.now();
          child.stdin.end('go\n');
        });
      },
    });
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(performance.now() - started > graceOf('embed')).toBe(times === 1);
  });
});

describe('a closed pipe', () => {
  it('ends the command quietly', async () => {
    const line = `set -o pipefail; $RELBERT embed --model ${tinyModel} --template a --pooling cls --pairs ${many} | head -1`;
    const { code, stdout, stderr } = await shell(line);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\{"head":"w0","tail":"v0",.*\}\n$/);
    expect(code).toBe(0);
  });

  it('also where nothing is read at all', async () => {
    const { code, stderr } = await shell(
      `set -o pipefail; $RELBERT --help | true; $RELBERT info --model ${tinyModel} | true`,
    );
    expect(stderr).not.toMatch(/EPIPE|^\s+at |error/m);
    expect(code).toBe(0);
  });
});
