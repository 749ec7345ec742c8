import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { indexFolder } from '../../src/node/index-folder.ts';
import { build } from './clustered-index.ts';

const root = mkdtempSync(join(tmpdir(), 'relbert-index-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a damaged index', () => {
  const folder = join(root, 'damaged');
  let segment: string;
  let bytes: Buffer;
  beforeAll(async () => {
    await build(folder, 2500);
    segment = join(folder, readdirSync(folder).find((name) => name.startsWith('segment')) as string);
    bytes = readFileSync(segment);
  });

  it('is found wherever a bit is flipped', async () => {
    const random = new Random(5);
    for (let trial = 0; trial < 40; trial++) {
      const damaged = Buffer.from(bytes);
      const at = 16 + random.integer(bytes.length - 32);
      damaged[at] = (damaged[at] as number) ^ (1 << random.integer(8));
      writeFileSync(segment, damaged);
      const check = async (): Promise<void> => {
        await using index = await RelationIndex.open(indexFolder(folder));
        for await (const _ of index.verify());
      };
      await expect(check(), `bit at ${at} of ${bytes.length}`).rejects.toThrow(/is damaged|is cut/);
    }
    writeFileSync(segment, bytes);
  });

  it('is found by verify although a search has read the part before', async () => {
    const damaged = Buffer.from(bytes);
    const at = damaged.indexOf('"tail 1700"');
    damaged[at + 1] = 'T'.charCodeAt(0);
    await using index = await RelationIndex.open(indexFolder(folder));
    for await (const _ of index.pairs());
    writeFileSync(segment, damaged);
    const check = async (): Promise<void> => {
      for await (const _ of index.verify());
    };
    await expect(check()).rejects.toThrow('the metadata of rows');
    writeFileSync(segment, bytes);
    await check();
  });

  it('is found where the file is cut or gone, and where the manifest is changed', async () => {
    truncateSync(segment, bytes.length - 100);
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/is cut/);
    rmSync(segment);
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/the segment is missing/);
    writeFileSync(segment, bytes);
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"tiny"', '"tony"'));
    await expect(RelationIndex.open(indexFolder(folder))).rejects.toThrow(/checksum does not fit/);
    await expect(RelationIndex.open(indexFolder(join(root, 'nowhere')))).rejects.toThrow(/there is no index here/);
  });
});
