import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killCampaign } from './campaign.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('loses nothing and leaves no litter after 10 kills (npm run kill: 100)', async () => {
  // On a busy machine a run can come to its end before its kill.
  expect(await killCampaign({ seed: 17, kills: 10, folder })).toBeGreaterThan(5);
}, 300_000);
