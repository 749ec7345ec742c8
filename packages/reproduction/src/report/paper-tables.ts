/** The published figures: every table of Ushio et al. 2021 and its appendix, as `data/paper-tables.json` carries them. */
import * as z from 'zod';

const cell = z.union([z.number(), z.string(), z.null(), z.array(z.unknown())]);
const table = z.strictObject({
  /** `table-2`, or `text-4.1` for figures that stand in the text alone. */
  id: z.string(),
  section: z.string(),
  title: z.string(),
  metric: z.string(),
  columns: z.array(z.string()),
  notes: z.string(),
  rows: z.array(
    z.strictObject({
      /** What the row is about, by kind: model, lm, prompt, feature, relation, category, dataset, setting. */
      labels: z.record(z.string(), z.string()),
      /** Of neighbour tables. */
      target: z.tuple([z.string(), z.string()]).optional(),
      /** One a column; null: a dash in print. */
      values: z.array(cell),
      /** Columns tuned or prompted on the set itself: not comparable. */
      starred: z.array(z.string()).optional(),
    }),
  ),
});
const file = z.strictObject({
  source: z.string(),
  licence: z.string(),
  /** Where the paper's own figures do not fit together. */
  doubts: z.array(z.string()),
  tables: z.array(table),
});

export type PaperTable = z.infer<typeof table>;
export type PaperTables = z.infer<typeof file>;

/** Reads `data/paper-tables.json`. @throws Error for a file that is none */
export function parsePaperTables(text: string): PaperTables {
  return file.parse(JSON.parse(text));
}

/** The greatest published figure of a column; those tuned on the set itself do not count. */
export function bestPublished({ columns, rows }: PaperTable, column: string): number | undefined {
  const at = columns.indexOf(column);
  const figures = rows
    .filter(({ starred }) => !starred?.includes(column))
    .map(({ values }) => values[at])
    .filter((value) => typeof value === 'number');
  return figures.length === 0 ? undefined : Math.max(...figures);
}
