/** @file An index as it is opened: the manifest, and the segments that it names. */
import { IndexError } from './error.ts';
import type { IndexFolder } from './index-folder.ts';
import { Scorer } from './kernel/scorer.ts';
import { type Manifest, manifestName, parseManifest } from './manifest.ts';
import { RowSet } from './row-set.ts';
import { Segment } from './segment.ts';
import { checksumText, damaged } from './segment-format.ts';

export interface OpenIndexOptions {
  /** Bytes of codes that each part keeps in memory; codes of a part that has more are read for every question. Default 128 MiB. */
  readonly codeMemory?: number | undefined;
}

export interface OpenSegments {
  readonly manifest: Manifest;
  readonly segments: readonly Segment[];
}

/** @throws IndexError where there is no index, or it is damaged or cut */
export async function openSegments(folder: IndexFolder, options: OpenIndexOptions): Promise<OpenSegments> {
  const scorerOfText = new Scorer(16);
  const checksum = (text: string): string => checksumText(scorerOfText.checksum(new TextEncoder().encode(text)));
  const readManifest = () => readWhole(folder, manifestName);
  for (let bytes = await readManifest(); ; ) {
    if (bytes === undefined) {
      throw new IndexError(
        `${folder.origin}: there is no index here (no ${manifestName}); make one with 'relbert index build'`,
      );
    }
    const text = new TextDecoder().decode(bytes);
    const manifest = parseManifest(text, `${folder.origin}/${manifestName}`, checksum);
    const scorer = new Scorer(manifest.dimension);
    try {
      return { manifest, segments: await segmentsOf(manifest, folder, scorer, options) };
    } catch (error) {
      // A writer may have replaced the manifest since, and removed the files that this one names.
      bytes = await readManifest();
      if (bytes === undefined || new TextDecoder().decode(bytes) === text) throw error;
    }
  }
}

async function readWhole(folder: IndexFolder, name: string): Promise<Uint8Array | undefined> {
  const file = await folder.open(name);
  if (!file) return undefined;
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

async function segmentsOf(
  manifest: Manifest,
  folder: IndexFolder,
  scorer: Scorer,
  { codeMemory }: OpenIndexOptions,
): Promise<Segment[]> {
  const segments: Segment[] = [];
  try {
    for (const { file, checksum, removed, rows } of manifest.segments) {
      const opened = await folder.open(file);
      if (!opened) throw new IndexError(`${folder.origin}/${file}: the segment is missing; restore it, or build anew`);
      try {
        const gone = removed && (await readRemoved(folder, removed, rows, scorer));
        const name = `${folder.origin}/${file}`;
        segments.push(await Segment.open(opened, { name, checksum, scorer, removed: gone, codeMemory }));
      } catch (error) {
        await opened.close();
        throw error;
      }
    }
    return segments;
  } catch (error) {
    for (const segment of segments) await segment.close();
    throw error;
  }
}

async function readRemoved(
  folder: IndexFolder,
  { file, checksum }: { readonly file: string; readonly checksum: string },
  rows: number,
  scorer: Scorer,
): Promise<RowSet> {
  const bytes = await readWhole(folder, file);
  const set = bytes && new RowSet(rows, bytes.slice());
  if (!bytes || bytes.byteLength !== new RowSet(rows).bits.byteLength) {
    throw new IndexError(`${folder.origin}/${file}: the list of removed rows is missing or cut; restore it`);
  }
  if (checksumText(scorer.checksum(bytes)) !== checksum)
    throw damaged(`${folder.origin}/${file}`, 'the list of removed rows');
  return set as RowSet;
}
