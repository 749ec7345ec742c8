import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { lineError, linesOf, tabFields } from '../text/line.ts';

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

/** `head<TAB>tail<TAB>relation` lines. Throws DataError with the line of the first that is none, or for an empty file. */
export function parseLexicalRelations(data: DataFile): LabelledPair[] {
  const pairs = linesOf(data).map((line): LabelledPair => {
    const [head, tail, relation] = tabFields(line, ['head', 'tail', 'relation']) as [string, string, string];
    return { head, tail, relation, line: line.number };
  });
  if (pairs.length === 0) throw new DataError(data.file, undefined, 'holds no pair');
  return pairs;
}

/**
 * The splits of one set. Throws DataError where the training pairs have one class only, or where a validation or
 * test pair has a relation that no training pair has.
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
  const known = (file: DataFile) => {
    const pairs = parseLexicalRelations(file);
    const unknown = pairs.find((pair) => !relations.includes(pair.relation));
    if (unknown === undefined) return pairs;
    const line = { file: file.file, number: unknown.line, text: '' };
    throw lineError(
      line,
      `relation '${unknown.relation}' occurs in no training pair; ${files.train.file} has ${relations.join(', ')}`,
    );
  };
  return {
    relations,
    train,
    validation: files.validation && known(files.validation),
    test: known(files.test),
  };
}
