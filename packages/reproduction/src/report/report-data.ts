/** The data that a report is made of. */
import type { WordPair } from 'relbert';
import type { AnalogySet, LabelledPair, LexicalRelationSet, MappingProblem } from 'relbert/evaluate';
import type { DataSummary } from './report-file.ts';

/** The evaluation data, each set with the path that a command takes for it. */
export interface ReportData {
  readonly analogy: readonly (AnalogySet & { readonly path: string })[];
  readonly classification: readonly {
    readonly name: string;
    readonly path: string;
    readonly set: LexicalRelationSet;
    /** The file of the test pairs. */
    readonly testFile: string;
  }[];
  readonly mapping: readonly {
    readonly name: string;
    readonly path: string;
    readonly problems: readonly MappingProblem[];
  }[];
  /** Pairs to search the neighbours of `queries` among; undefined: no search. */
  readonly neighbours:
    | {
        /** What the candidates are. */
        readonly among: string;
        /** A file that holds them. */
        readonly path: string;
        readonly candidates: readonly WordPair[];
        readonly queries: readonly WordPair[];
      }
    | undefined;
  /** The set whose test pairs are drawn; undefined: no map. */
  readonly map: ReportData['classification'][number] | undefined;
}

/** What the data hold, for the report. */
export function summarizeData({ analogy, classification, mapping }: ReportData): DataSummary {
  return {
    analogy: analogy.map(({ set, split, questions }) => ({ set, split, questions: questions.length })),
    classification: classification.flatMap(({ name, set }) =>
      (['train', 'validation', 'test'] as const).flatMap((split) => {
        const pairs = set[split];
        return pairs ? [{ set: name, split, relations: countRelations(pairs) }] : [];
      }),
    ),
    mapping: mapping.map(({ name, problems }) => ({
      set: name,
      problems: problems.length,
      terms: problems.reduce((sum, { source }) => sum + source.length, 0),
    })),
  };
}

function countRelations(pairs: readonly LabelledPair[]): Record<string, number> {
  // A relation may have any name, also that of a property of objects.
  const counts = new Map<string, number>();
  for (const { relation } of [...pairs].sort((a, b) =>
    a.relation < b.relation ? -1 : a.relation > b.relation ? 1 : 0,
  )) {
    counts.set(relation, (counts.get(relation) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
