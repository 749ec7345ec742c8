/** @file Every reader of files with a small input, and how the campaign damages it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointReaders } from './checkpoint-readers.ts';
import { dataReaders, vectorReaders } from './data-readers.ts';
import { indexReaders } from './index-readers.ts';
import type { Reader } from './reader.ts';
import { runReaders, trainingReaders } from './run-readers.ts';
import { tokenizerReaders } from './tokenizer-readers.ts';

/** All readers, and a folder for those that read from a disk. */
export async function openReaders(): Promise<{ readonly readers: readonly Reader[]; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-fuzz-'));
  const readers = [
    ...tokenizerReaders(),
    ...checkpointReaders(),
    ...vectorReaders(),
    ...dataReaders(),
    ...runReaders(folder),
    ...(await trainingReaders(folder)),
    ...(await indexReaders()),
  ];
  return { readers, close: () => rmSync(folder, { recursive: true, force: true }) };
}
