import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFurtherPairs } from '../../src/run/further-pairs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'further-pairs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('readFurtherPairs', () => {
  it('reads the pairs that the package carries', async () => {
    const [set, ...others] = await readFurtherPairs(['package/unlabelled']);
    expect(others).toEqual([]);
    expect(set?.positives.length).toBe(80_000);
    expect(set?.positives.every(({ head, tail }) => /^[a-z]+$/.test(head) && /^[a-z]+$/.test(tail))).toBe(true);
  });

  it('takes a file of pairs as one relation, and one of relations as it is', async () => {
    const sets = await readFurtherPairs([
      await file('pairs.tsv', 'barista\tcoffee\nTokyo\tJapan\n'),
      await file(
        'relations.tsv',
        'capital\tTokyo\tJapan\ncapital\tParis\tFrance\nmaker\tbaker\tbread\nmaker\tpoet\tpoem\n',
      ),
      await file('relations.jsonl', '{"relation": "part", "positives": [["hand", "arm"], ["toe", "foot"]]}\n'),
    ]);
    expect(sets.map(({ relation, positives }) => [relation, positives.length])).toEqual([
      ['pairs.tsv', 2],
      ['capital', 2],
      ['maker', 2],
      ['part', 2],
    ]);
  });

  it('reads every answer of a file of BATS 3.0', async () => {
    const sets = await readFurtherPairs([await file('E05 [animal - young].txt', 'cat\tkitten/kitty\ndog\tpuppy\n')]);
    expect(sets.map(({ relation, positives }) => [relation, positives])).toEqual([
      [
        'E05 [animal - young]',
        [
          { head: 'cat', tail: 'kitten' },
          { head: 'cat', tail: 'kitty' },
          { head: 'dog', tail: 'puppy' },
        ],
      ],
    ]);
  });

  it('refuses a file without pairs, and a file name without a known format', async () => {
    const empty = await file('empty.tsv', '\n');
    await expect(readFurtherPairs([empty])).rejects.toThrow(`${empty}: holds no pair`);
    const named = await file('pairs.list', 'barista\tcoffee\n');
    await expect(readFurtherPairs([named])).rejects.toThrow('a pairs file ends in .tsv, .csv, .jsonl or .txt');
  });
});
