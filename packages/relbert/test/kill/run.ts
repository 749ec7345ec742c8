/** `npm run kill -- [--kills 100] [--seed N] [--only 'index add']`: the kill campaign, with its seed printed first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killCampaign } from './campaign.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    only: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'relbert-kill-'));
console.log(`seed ${values.seed}`);
killCampaign({
  seed: Number(values.seed),
  kills: Number(values.kills),
  folder,
  only: values.only,
  onKill: (kill) => console.log(kill),
})
  .then((killed) => {
    console.log(
      `${[...killed.values()].reduce((sum, count) => sum + count, 0)} kills: nothing lost, nothing left over`,
    );
    rmSync(folder, { recursive: true, force: true });
  })
  .catch((error: unknown) => {
    console.error(`${error instanceof Error ? error.message : String(error)}\nfiles: ${folder}`);
    process.exitCode = 1;
  });
