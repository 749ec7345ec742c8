import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { fetchProgress } from '../../src/cli/fetch-progress.ts';
import { QueuedBar } from '../../src/cli/queued-bar.ts';
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
    readInput: async function* () {},
    env: {},
    worker: false,
    signal: new AbortController().signal,
  };
  return { terminal, log };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('fetchProgress', () => {
  it('shows one bar a file, one after the other', async () => {
    const { terminal, log } = recordingTerminal();
    const { hub, stop } = fetchProgress(terminal);
    hub.onProgress?.({ kind: 'resolve', model: 'x/y', commit: 'c0ffee', files: ['config.json', 'model.safetensors'] });
    hub.onProgress?.({ kind: 'cached', file: 'config.json' });
    hub.onProgress?.({ kind: 'download', file: 'tokenizer.json', size: 10, from: 0 });
    hub.onProgress?.({ kind: 'progress', file: 'tokenizer.json', loaded: 10, size: 10 });
    hub.onProgress?.({ kind: 'done', file: 'tokenizer.json' });
    hub.onProgress?.({ kind: 'download', file: 'model.safetensors', size: 100, from: 40 });
    hub.onProgress?.({ kind: 'progress', file: 'model.safetensors', loaded: 60, size: 100 });
    await settled();
    await stop();
    expect(log).toEqual([
      'start tokenizer.json bytes 10',
      'update tokenizer.json 0/10',
      'update tokenizer.json 10/10',
      'stop tokenizer.json',
      'start model.safetensors bytes 100',
      'update model.safetensors 40/100',
      'update model.safetensors 60/100',
      'stop model.safetensors',
    ]);
  });

  it('shows no bar for what comes late', async () => {
    const { terminal, log } = recordingTerminal();
    const { hub, stop } = fetchProgress(terminal);
    hub.onProgress?.({ kind: 'download', file: 'a', size: 10, from: 0 });
    await stop();
    hub.onProgress?.({ kind: 'progress', file: 'a', loaded: 10, size: 10 });
    await stop();
    expect(log).toEqual(['start a bytes 10', 'update a 0/10', 'stop a']);
  });

  it('says what went wrong on the way', () => {
    const { terminal, log } = recordingTerminal();
    const { hub } = fetchProgress(terminal);
    hub.onProgress?.({ kind: 'retry', file: 'model.safetensors', attempt: 1, delay: 500, reason: 'connection lost' });
    hub.onProgress?.({ kind: 'wait', file: 'model.safetensors' });
    hub.onProgress?.({ kind: 'offline', reason: 'no route' });
    expect(log).toEqual([
      'note model.safetensors: connection lost; trying again in 0.5 s',
      'note model.safetensors: another process is fetching it; waiting',
      'note the hub gave no answer of use (no route): using what the cache holds',
    ]);
  });
});

describe('QueuedBar', () => {
  it('is one bar for calls in quick succession, and none after a stop in between', async () => {
    const { terminal, log } = recordingTerminal();
    const bar = new QueuedBar(terminal);
    bar.show('teacher', 'pairs', 1, 9);
    bar.show('teacher', 'pairs', 2, 9);
    await bar.stop();
    bar.show('loss 1', 'steps', 1, 4);
    bar.show('measuring', 'batches', 1, 2);
    await bar.stop();
    expect(log).toEqual([
      ...['start teacher pairs 9', 'update teacher 1/9', 'update teacher 2/9', 'stop teacher'],
      ...['start loss 1 steps 4', 'update loss 1 1/4', 'stop loss 1'],
      ...['start measuring batches 2', 'update measuring 1/2', 'stop measuring'],
    ]);
  });

  it('does without what cannot be drawn', async () => {
    const { terminal, log } = recordingTerminal();
    let broken = true;
    const progress: Terminal['progress'] = async (...args) => {
      if (broken) throw new Error('no terminal');
      return terminal.progress(...args);
    };
    const bar = new QueuedBar({ ...terminal, progress });
    bar.show('teacher', 'pairs', 1, 9);
    await bar.stop();
    broken = false;
    bar.show('teacher', 'pairs', 2, 9);
    await bar.stop();
    expect(log).toEqual(['start teacher pairs 9', 'update teacher 2/9', 'stop teacher']);
  });
});
