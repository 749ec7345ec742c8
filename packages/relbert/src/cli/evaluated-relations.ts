import type { RelationSet } from '../data/relation-set.ts';
import { requireVectorFile } from './pair-model.ts';
import type { Terminal } from './terminal.ts';

/** The relations of `--data`. A mistake in `--vectors` is found first, not after minutes. */
export async function evaluatedRelations(
  { data, vectors }: { readonly data: readonly string[]; readonly vectors?: string | undefined },
  terminal: Terminal,
): Promise<readonly RelationSet[]> {
  if (vectors !== undefined) await requireVectorFile(vectors);
  const { readRelations } = await import('../run/read-data.ts');
  return readRelations(data, terminal.note);
}
