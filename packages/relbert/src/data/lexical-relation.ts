import { pairText, type WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { lineError } from '../text/lines.ts';
import { parseRelationRows } from './relation-table.ts';

/** A word pair and the name of its lexical relation. */
export interface LabelledPair extends WordPair {
  readonly relation: string;
  /** Line in its file, from 1. */
  readonly line: number;
}

/** A lexical relation classification set (BLESS, CogALexV, EVALution, K&H+N, ROOT09). */
export interface LexicalRelationSet {
  /** Relations of the training pairs, sorted: the classes. */
  readonly relations: readonly string[];
  readonly train: readonly LabelledPair[];
  /** undefined: the set has no validation pairs (CogALexV). */
  readonly validation: readonly LabelledPair[] | undefined;
  readonly test: readonly LabelledPair[];
}

/**
 * Pairs with their relations: `head<TAB>tail<TAB>relation`, JSON lines `{"head","tail","relation"}`, or a table whose
 * header line names these columns.
 *
 * @throws DataError with the line of the first row of another form, or of one marked `negative`; or for an empty file
 */
export function parseLexicalRelations(data: DataFile): LabelledPair[] {
  const rows = parseRelationRows(data, 'last');
  const negative = rows.find(({ positive }) => !positive);
  if (negative) {
    const { pair, relation, line } = negative;
    throw lineError(
      line,
      `${pairText(pair)} is marked negative for '${relation}', and a pair marked negative is in no relation: remove the row, or the column label`,
    );
  }
  return rows.map(({ pair, relation, line }) => ({ ...pair, relation, line: line.number }));
}

/**
 * The splits of one set.
 *
 * @throws DataError where the training pairs have one class only, or where a validation or test pair has a relation
 *   that no training pair has
 */
export function lexicalRelationSet(files: {
  readonly train: DataFile;
  readonly validation?: DataFile | undefined;
  readonly test: DataFile;
}): LexicalRelationSet {
  const train = parseLexicalRelations(files.train);
  const relations = [...new Set(train.map((pair) => pair.relation))].sort();
  if (relations.length < 2) {
    throw new DataError(
      files.train.file,
      undefined,
      `holds one relation only ('${relations[0]}'): nothing to classify`,
    );
  }
  const parseChecked = (data: DataFile) => {
    const pairs = parseLexicalRelations(data);
    const unknown = pairs.find((pair) => !relations.includes(pair.relation));
    if (unknown === undefined) return pairs;
    throw new DataError(
      data.file,
      unknown.line,
      `relation '${unknown.relation}' occurs in no training pair; ${files.train.file} has ${relations.join(', ')}`,
    );
  };
  return {
    relations,
    train,
    validation: files.validation && parseChecked(files.validation),
    test: parseChecked(files.test),
  };
}
