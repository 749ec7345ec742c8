import { csvRecords } from '../text/csv.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { jsonObject } from '../text/json.ts';
import { allLines, type Line, lineError, linesOf } from '../text/lines.ts';
import { wordField } from './pair-field.ts';

/** A relation mapping problem: term i of the source maps to term i of the target. */
export interface MappingProblem {
  /** Two or more distinct terms. */
  readonly source: readonly string[];
  /** As many, in the right order. */
  readonly target: readonly string[];
  /** Further source and target terms that belong together, beside those of equal index (SCAN). */
  readonly alsoRight?: readonly (readonly [source: string, target: string])[];
  /** For SCAN: 'science' or 'metaphor'. */
  readonly kind: string | undefined;
  /** Line where the problem starts, from 1. */
  readonly line: number;
}

/**
 * Turney's mapping problems, one JSON object a line: `{"source": [...], "target": [...]}`, the target in the right order.
 *
 * @throws DataError that names the line for: no JSON object, sides of unequal length, fewer than two terms, a term
 *   twice on one side; and for an empty file
 */
export function parseMappings(data: DataFile): MappingProblem[] {
  const problems = linesOf(data).map((line): MappingProblem => {
    const problem = jsonObject(line);
    const source = termsField(line, 'source', problem['source']);
    const target = termsField(line, 'target', problem['target']);
    if (source.length !== target.length) {
      throw lineError(line, `the sides are unequal: ${source.length} source and ${target.length} target terms`);
    }
    return { source, target, kind: undefined, line: line.number };
  });
  if (problems.length === 0) throw new DataError(data.file, undefined, 'holds no mapping problem');
  return problems;
}

function termsField(line: Line, name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw lineError(line, `'${name}' should be a list of terms, got ${excerpt(value)}`);
  const terms = value.map((term: unknown, i) => wordField(line, `term ${i + 1} of '${name}'`, term));
  if (terms.length < 2) throw lineError(line, `'${name}' should hold at least two terms, got ${terms.length}`);
  const twice = terms.find((term, i) => terms.indexOf(term) < i);
  if (twice !== undefined) throw lineError(line, `'${name}' holds '${twice}' twice`);
  return terms;
}

/** One row of SCAN: `sourceWord` is to `source` what `targetWord` is to `target`. */
export interface ScanAnalogy {
  readonly target: string;
  readonly source: string;
  readonly targetWord: string;
  readonly sourceWord: string;
  /** Further source words that fit as well. */
  readonly alternatives: readonly string[];
  /** 'science' or 'metaphor'. */
  readonly kind: string;
  /** Line in its file, from 1. */
  readonly line: number;
}

const SCAN_COLUMNS = ['target', 'source', 'targ_word', 'src_word', 'alternatives', 'analogy_type'] as const;

/**
 * SCAN, scientific and creative analogies (Czinczoll et al. 2022), a comma-separated file with a header.
 *
 * @throws DataError for a missing column, a row of another length, an empty field, no rows
 */
export function parseScan(data: DataFile): ScanAnalogy[] {
  const [header, ...rows] = csvRecords(allLines(data));
  const columns = header?.fields.map((name) => name.trim()) ?? [];
  const missing = SCAN_COLUMNS.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new DataError(data.file, 1, `the header lacks ${missing.join(', ')}; expected ${SCAN_COLUMNS.join(',')}`);
  }
  if (rows.length === 0) throw new DataError(data.file, undefined, 'holds no analogy');
  return rows.map(({ fields, line }): ScanAnalogy => {
    if (fields.length !== columns.length) {
      throw new DataError(data.file, line, `expected ${columns.length} fields, got ${fields.length}`);
    }
    const field = (name: (typeof SCAN_COLUMNS)[number]) => fields[columns.indexOf(name)]?.trim() ?? '';
    for (const name of SCAN_COLUMNS) {
      if (name !== 'alternatives' && field(name) === '') throw new DataError(data.file, line, `the ${name} is empty`);
    }
    return {
      target: field('target'),
      source: field('source'),
      targetWord: field('targ_word'),
      sourceWord: field('src_word'),
      alternatives: field('alternatives')
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
      kind: field('analogy_type'),
      line,
    };
  });
}

/**
 * SCAN's rows as mapping problems, one for each pair of concepts: the concepts themselves, then their words.
 *
 * A mapping is one-to-one, but SCAN maps some words to several: only the first row with a term makes a place.
 * Later rows and alternatives whose terms both have a place count as right, too (`alsoRight`). Concepts with a single
 * row give no problem.
 */
export function scanMappings(rows: readonly ScanAnalogy[]): MappingProblem[] {
  const groups = new Map<string, ScanAnalogy[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.source, row.target, row.kind]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].map(scanMapping).filter((problem) => problem.source.length > 2);
}

function scanMapping(rows: readonly ScanAnalogy[]): MappingProblem {
  const first = rows[0] as ScanAnalogy;
  const source = [first.source];
  const target = [first.target];
  for (const { sourceWord, targetWord } of rows) {
    if (source.includes(sourceWord) || target.includes(targetWord)) continue;
    source.push(sourceWord);
    target.push(targetWord);
  }
  const alsoRight = rows.flatMap(({ sourceWord, targetWord, alternatives }) =>
    [sourceWord, ...alternatives]
      .filter((word) => source.includes(word) && target.includes(targetWord))
      .filter((word) => source.indexOf(word) !== target.indexOf(targetWord))
      .map((word) => [word, targetWord] as const),
  );
  const { kind, line } = first;
  return { source, target, ...(alsoRight.length > 0 && { alsoRight }), kind, line };
}
