import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readReportData } from '../../src/cli/report-data.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { CARRIED_DATA } from '../../src/data/carried.ts';
import { parseRelationSets } from '../../src/data/relation-set.ts';
import { parsePaperTables } from '../../src/report/paper-tables.ts';
import { readPackageData } from '../../src/runtime/package-data.ts';

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
        paper: parsePaperTables((await readPackageData('paper-tables.json')).text),
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
