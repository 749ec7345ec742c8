import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Case } from './campaign.ts';

describe('damaged files (npm run fuzz: 5,000 of them)', () => {
  it('are refused in a line, or give the result of the sound file or one that is excepted: 200 mutations', async () => {
    // A process that does nothing else: what its memory grew by is the file's.
    const path = fileURLToPath(new URL('run.ts', import.meta.url));
    const campaign = fork(path, ['17'], { execArgv: ['--import', 'tsx'] });
    const ended = new AbortController();
    campaign.on('exit', () => ended.abort(new Error('the process ended')));
    try {
      await once(campaign, 'message', ended);
      const defects: Case[] = [];
      for (let number = 0; number < 200; number++) {
        campaign.send(number);
        const [found] = (await once(campaign, 'message', ended)) as [Case];
        expect(found.number).toBe(number);
        if (found.outcome.kind === 'defect') defects.push(found);
      }
      expect(defects).toEqual([]);
    } finally {
      campaign.kill();
    }
  });
});
