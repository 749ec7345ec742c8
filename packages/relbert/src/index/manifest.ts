/** @file The manifest of an index: which segments count, and of which model their vectors are. It is replaced as a whole. */
import * as z from 'zod';
import { MAX_DIMENSION } from '../formats/npy.ts';
import { excerpt } from '../text/excerpt.ts';
import { parseJson } from '../text/json.ts';
import { describeIssues } from '../text/schema-path.ts';
import { IndexError } from './error.ts';

export const manifestName = 'manifest.json';

export const modelSchema = z.strictObject({
  /** As users name it: a folder, a hub id, `embedded`. */
  name: z.string(),
  /** SHA-256 of its configuration, tokenizer and weights, where it was at hand. */
  hash: z.string().optional(),
  prompt: z.string(),
  /** Whether the prompt is a template, so that the text alone makes it again. */
  template: z.boolean(),
  pooling: z.string(),
});

/** Of which model vectors are. */
export type ModelIdentity = z.infer<typeof modelSchema>;

/** In what two models differ, so that their vectors cannot be compared; undefined where they are the same. */
export function modelDifference(a: ModelIdentity, b: ModelIdentity): string | undefined {
  if (a.hash !== b.hash || (a.hash === undefined && a.name !== b.name)) return 'other weights';
  if (a.prompt !== b.prompt) return 'another prompt';
  return a.pooling === b.pooling ? undefined : 'another pooling';
}

/** Files that a writer makes, and no others: what else lies in the folder is the user's. */
export const writtenFile = /^(?:segment|draft|removed)-([0-9a-z]+)\.bin$/;

const segmentSchema = z.strictObject({
  file: z.string().regex(/^segment-[0-9a-z]+\.bin$/),
  rows: z.number().int().positive(),
  /** Of the segment's footer. */
  checksum: z.string(),
  /** A file of one bit a row: the rows that were removed since. */
  removed: z
    .strictObject({
      file: z.string().regex(/^removed-[0-9a-z-]+\.bin$/),
      rows: z.number().int().positive(),
      checksum: z.string(),
    })
    .optional(),
});

const contentSchema = z.strictObject({
  format: z.literal('relbert-index'),
  version: z.literal(2),
  dimension: z.number().int().positive().max(MAX_DIMENSION),
  model: modelSchema,
  /** Names of further columns, in the order in which they came. */
  columns: z.array(z.string()),
  /** Number of the next file. */
  next: z.number().int().nonnegative(),
  segments: z.array(segmentSchema),
});

export type Manifest = z.infer<typeof contentSchema>;

/** Whether a text starts as the manifest of an index does, whole or not. */
export function isManifest(text: string): boolean {
  return /^\s*\{\s*"format":\s*"relbert-index"/.test(text);
}

/** @param checksum Of a text, as sixteen hexadecimal digits. */
export function formatManifest(manifest: Manifest, checksum: (text: string) => string): string {
  return `${JSON.stringify({ ...manifest, checksum: checksum(JSON.stringify(manifest)) }, null, 2)}\n`;
}

/** @throws IndexError for anything but a sound manifest of this version */
export function parseManifest(text: string, file: string, checksum: (text: string) => string): Manifest {
  const json = parseJson(text, () => new IndexError(`${file}: not JSON; restore the file, or build the index again`));
  if (typeof json !== 'object' || json === null || !('format' in json) || json.format !== 'relbert-index') {
    throw new IndexError(`${file}: not the manifest of an index of relbert`);
  }
  if (!('version' in json) || json.version !== 2) {
    throw new IndexError(
      `${file}: version ${excerpt('version' in json ? json.version : undefined)} of the format is not known here (2 is); build the index again, or use a newer relbert`,
    );
  }
  const { checksum: stated, ...content } = json as Record<string, unknown>;
  if (stated !== checksum(JSON.stringify(content))) {
    throw new IndexError(
      `${file}: the file is damaged: its checksum does not fit; restore it, or build the index again`,
    );
  }
  const parsed = contentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new IndexError(
    `${file}: ${describeIssues(contentSchema, parsed.error.issues, content)}; restore it, or build the index again`,
  );
}
