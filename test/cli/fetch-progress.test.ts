import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { fetchProgress } from '../../src/cli/fetch-progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

function recordingTerminal(): { readonly terminal: Terminal; readonly log: string[] } {
  const log: string[] = [];
  const terminal: Terminal = {
    write: async () => {},
    print: async () => {},
    note: (message) => log.push(`note ${message}`),
    warn: (message) => log.push(`warn ${message}`),
    error: (message) => log.push(`error ${message}`),
    async progress(label, unit, total) {
      log.push(`start ${label} ${unit} ${total}`);
      return {
        update: (done, newTotal) => log.push(`update ${label} ${done}/${newTotal}`),
        stop: () => log.push(`stop ${label}`),
      };
    },
    showsProgress: true,
    style: pc.createColors(false),
    signal: new AbortController().signal,
  };
  return { terminal, log };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('fetchProgress', () => {
  it('shows one bar a file, one after the other', async () => {
    const { terminal, log } = recordingTerminal();
    const { onProgress, stop } = fetchProgress(terminal);
    onProgress({ kind: 'resolve', model: 'x/y', commit: 'c0ffee', files: ['config.json', 'model.safetensors'] });
    onProgress({ kind: 'cached', file: 'config.json' });
    onProgress({ kind: 'download', file: 'tokenizer.json', size: 10, from: 0 });
    onProgress({ kind: 'progress', file: 'tokenizer.json', loaded: 10, size: 10 });
    onProgress({ kind: 'done', file: 'tokenizer.json' });
    onProgress({ kind: 'download', file: 'model.safetensors', size: 100, from: 40 });
    onProgress({ kind: 'progress', file: 'model.safetensors', loaded: 60, size: 100 });
    await settled();
    await stop();
    expect(log).toEqual([
      'start tokenizer.json bytes 10',
      'update tokenizer.json 10/10',
      'stop tokenizer.json',
      'start model.safetensors bytes 100',
      'update model.safetensors 60/100',
      'stop model.safetensors',
    ]);
  });

  it('says what went wrong on the way', () => {
    const { terminal, log } = recordingTerminal();
    const { onProgress } = fetchProgress(terminal);
    onProgress({ kind: 'retry', file: 'model.safetensors', attempt: 1, delay: 500, reason: 'connection lost' });
    onProgress({ kind: 'wait', file: 'model.safetensors' });
    onProgress({ kind: 'offline', reason: 'no route' });
    expect(log).toEqual([
      'note model.safetensors: connection lost; trying again in 0.5 s',
      'note model.safetensors: another process is fetching it; waiting',
      'note the hub cannot be reached (no route): using what the cache holds',
    ]);
  });
});
