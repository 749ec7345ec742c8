import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killCampaign } from './campaign.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('loses nothing and leaves no litter after 10 kills (npm run kill: 100)', async () => {
  const killed = await killCampaign({ seed: 17, kills: 10, folder });
  expect(killed.size).toBeGreaterThan(8);
  for (const [command, kills] of killed) expect(kills, command).toBeGreaterThan(0);
}, 300_000);
