/** The commands that write an index: the last commit is readable and sound after a kill at any moment. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/data/random.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { spawnRelbert } from '../cli/built-command.ts';
import type { Victim } from './campaign.ts';

/** @param model options that choose a small model */
export function indexVictims(folder: string, model: readonly string[]): Victim[] {
  const [many, fewer, others] = [
    ['cat', 300],
    ['dog', 200],
    ['sea', 250],
  ].map(([word, count]) => {
    const file = join(folder, `index-${word}.tsv`);
    writeFileSync(file, Array.from({ length: Number(count) }, (_, k) => `${word} ${k}\tship ${k % 7}\n`).join(''));
    return file;
  }) as [string, string, string];
  return [
    {
      name: 'index build',
      // Now the pairs of one file, now those of the other: a new index takes the place of the last.
      args: (output, attempt) => ['index', 'build', output, '--pairs', attempt % 2 ? fewer : many, ...model],
      again: ['--overwrite'],
      check: soundWith([300, 200]),
      digest,
    },
    {
      name: 'index add',
      prepare: async (output) => {
        const { code, stderr } = await spawnRelbert(
          ['index', 'build', output, '--pairs', many, '--overwrite', ...model], //
        );
        if (code !== 0) throw new Error(stderr);
      },
      args: (output) => ['index', 'add', output, '--pairs', others],
      again: [],
      check: soundWith([300, 550], true),
      digest,
    },
    {
      name: 'index compact',
      prepare: prepareParts,
      args: (output) => ['index', 'compact', output],
      again: [],
      check: soundWith([3 * partRows], true),
      digest,
    },
  ];
}

const partRows = 5_000;

/** An index of three parts; so many pairs that a compaction takes longer than the start of the command. */
async function prepareParts(folder: string): Promise<void> {
  const dimension = 24;
  const random = new Random(3);
  const model = { name: 'random', prompt: '<subj> and <obj>', template: true, pooling: 'average' };
  const runtime = nodeRuntime();
  await using writer = await IndexWriter.create(
    indexFolder(folder),
    { dimension, model, overwrite: true },
    { runtime, threads: 1 },
  );
  for (let part = 0; part < 3; part++) {
    const pairs = Array.from({ length: partRows }, (_, i) => ({ head: `head ${part}`, tail: `tail ${i}` }));
    await writer.add([
      { pairs, data: Float32Array.from({ length: partRows * dimension }, () => random.uniform(-1, 1)) },
    ]);
  }
}

/** @param committed whether there is an index before the first run; after a commit there always is. */
function soundWith(rows: readonly number[], committed = false): (output: string) => Promise<void> {
  let there = committed;
  return async (output) => {
    there ||= existsSync(join(output, 'manifest.json'));
    if (!there) return;
    await using index = await RelationIndex.open(indexFolder(output));
    for await (const _ of index.verify());
    const found = index.info().rows;
    if (!rows.includes(found)) throw new Error(`the index has ${found} pairs, expected ${rows.join(' or ')}`);
  };
}

/** The pairs; {@link soundWith} checks the vectors. @throws Error for a file that is not a part of the index */
async function digest(output: string): Promise<string> {
  await using index = await RelationIndex.open(indexFolder(output));
  const names = readdirSync(output).sort();
  const parts = ['manifest.json', ...index.manifest.segments.map(({ file }) => file)].sort();
  if (names.join() !== parts.join()) throw new Error(`left over in the index: ${names.join(', ')}`);
  const lines: string[] = [];
  for await (const { pairs } of index.blocks()) {
    for (const { head, tail } of pairs) lines.push(`${head}\t${tail}`);
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
