import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Terminal } from '../../../relbert/src/cli/terminal.ts';
import { CARRIED_DATA } from '../../../relbert/src/data/carried.ts';
import { parseRelationSets } from '../../../relbert/src/data/relation-set.ts';
import { readPackageData } from '../../../relbert/src/node/package-data.ts';
import { readReportData } from '../../src/cli/report-data.ts';
import { readPaperTables } from '../../src/report/paper-tables-file.ts';

it('looks for neighbours among the carried pairs that stand in a relation, not among those made up to mislead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-candidates-'));
  try {
    mkdirSync(join(folder, 'analogy'));
    const { data } = await readReportData(
      folder,
      {
        only: ['neighbours'],
        sets: undefined,
        among: undefined,
        candidatesPath: 'candidates.tsv',
        paper: await readPaperTables(),
      },
      {} as Terminal,
    );
    const keyOf = ({ head, tail }: { head: string; tail: string }) => `${head}\t${tail}`;
    const candidates = new Set(data.neighbours?.candidates.map(keyOf));
    const sets = (
      await Promise.all(CARRIED_DATA.trainingPairs.map(async (file) => parseRelationSets(await readPackageData(file))))
    ).flat();
    const related = new Set(sets.flatMap(({ positives }) => positives.map(keyOf)));
    const misleading = sets.flatMap(({ negatives }) => negatives.map(keyOf)).filter((key) => !related.has(key));
    expect(misleading.length).toBeGreaterThan(1000);
    expect(misleading.filter((key) => candidates.has(key))).toEqual([]);
    expect([...related].filter((key) => !candidates.has(key))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
