import { PassThrough } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startProgress } from '../../src/cli/progress.ts';
import { createTerminal } from '../../src/cli/terminal.ts';

/** A stream that says it is a terminal, or not, and keeps what was written to it. */
function fakeStream(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const through = new PassThrough();
  const chunks: string[] = [];
  through.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const stream = Object.assign(through, { isTTY, columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream;
  return { stream, text: () => chunks.join('') };
}

describe('startProgress', () => {
  it('draws a line on a terminal and takes it away at the end', async () => {
    const { stream, text } = fakeStream(true);
    const progress = await startProgress(stream, 'encoding', 'pairs', 200);
    progress.update(20);
    await setTimeout(120);
    progress.update(50);
    await setTimeout(250);
    expect(text()).toMatch(/encoding ━+─+ +25 % 50\/200 pairs, [\d,.]+\/s, \d+ s left/);
    progress.update(200, 400);
    await setTimeout(250);
    expect(text()).toContain('50 % 200/400 pairs');
    progress.stop();
    // The cursor is back and the line is cleared.
    expect(text()).toContain('\x1b[?25h');
    expect(text()).not.toContain('\n');
  });

  it('tells the remaining time of a resumed run by what is done now', async () => {
    const { stream, text } = fakeStream(true);
    const progress = await startProgress(stream, 'loss 1.234', 'steps', 1000);
    await setTimeout(50);
    progress.update(901);
    await setTimeout(250);
    // Nothing is known of the speed yet: 901 steps were not done in this moment.
    expect(text()).toContain('901/1,000 steps');
    expect(text()).not.toMatch(/\/s|left/);
    progress.update(902);
    await setTimeout(250);
    progress.stop();
    // One step in a quarter of a second and more: 98 are left for 24 s at least.
    const [, rate = '', left = ''] = /902\/1,000 steps, ([\d.]+)\/s, (.+?) left/.exec(text()) ?? [];
    expect(Number(rate)).toBeGreaterThan(0);
    expect(Number(rate)).toBeLessThanOrEqual(4.1);
    expect(left).toMatch(/min|^(2[4-9]|[3-5]\d) s$/);
  });

  it('counts where the end is not known', async () => {
    const { stream, text } = fakeStream(true);
    const progress = await startProgress(stream, 'encoding', 'pairs');
    progress.update(0);
    await setTimeout(120);
    progress.update(1234);
    await setTimeout(250);
    progress.stop();
    expect(text()).toMatch(/encoding 1,234 pairs, [\d,]+\/s/);
    expect(text()).not.toContain('%');
  });
});

describe('the progress of a command', () => {
  it.each([
    ['a pipe', false, 'xterm', false],
    ['a dumb terminal', true, 'dumb', false],
    ['a terminal', true, 'xterm', true],
  ])('%s', async (_, isTTY, TERM, drawn) => {
    const { stream, text } = fakeStream(isTTY);
    const terminal = createTerminal({
      ...{ stdin: new PassThrough(), stdout: stream, stderr: stream, env: { TERM } },
      ...{ signal: new AbortController().signal, worker: false },
    });
    const progress = await terminal.progress('encoding', 'pairs', 10);
    progress.update(5);
    await setTimeout(150);
    progress.stop();
    terminal.note('done');
    expect(text().includes('\x1b')).toBe(drawn);
    expect([terminal.showsProgress, text().includes('encoding')]).toEqual([drawn, drawn]);
    expect(terminal.style.bold('a') !== 'a').toBe(drawn);
  });
});
