import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { wordRelations } from '../search/model.ts';
import { shell } from './built-command.ts';
import { tinyModel } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-open-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('with 64 open files at most', () => {
  const limited = (args: string) => shell(`ulimit -n 64; exec $RELBERT ${args} --threads 1 --model '${tinyModel}'`);

  it('distill trains', async () => {
    writeFileSync(join(folder, 'relations.jsonl'), formatRelationLines(wordRelations(6)));
    const { code, stderr } = await limited(
      `distill --data '${folder}/relations.jsonl' --batch 3 --set 'sampling.parts.*.positives=3' --set 'sampling.parts.*.negatives=1' --steps 1 --output '${folder}/model'`,
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 step in')]);
  });

  it('report evaluates', async () => {
    mkdirSync(join(folder, 'data/analogy/u2'), { recursive: true });
    const question = {
      stem: ['cat', 'animal'],
      choice: [
        ['dog', 'animal'],
        ['tokyo', 'japan'],
      ],
      answer: 0,
    };
    writeFileSync(join(folder, 'data/analogy/u2/test.jsonl'), `${JSON.stringify(question)}\n`);
    const { code, stderr } = await limited(`report --data '${folder}/data' --only analogy --output '${folder}/report'`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('analogy: u2 test')]);
  });
});
