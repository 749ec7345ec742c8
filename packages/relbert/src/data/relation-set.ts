import { pairKey } from '../pair/pair-key.ts';
import { pairTableOf, RELATION_NAMES } from '../pair/pair-table.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import { CsvReader } from '../text/csv.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt } from '../text/excerpt.ts';
import { jsonObject } from '../text/json.ts';
import { lineError, linesOf } from '../text/lines.ts';
import { pairsField, wordField } from './pair-field.ts';
import { isQuestionsWords, parseQuestionsWords } from './questions-words.ts';
import { likelyRelationColumn, parseRelationRows, type RelationRow } from './relation-table.ts';
import { SEMEVAL_RELATIONS, semEvalAliases, semEvalCategoryOf } from './semeval-taxonomy.ts';

/** A relation to train on: pairs that stand in it, and perhaps pairs that only seem to. */
export interface RelationSet {
  /** Its name, unique in a run: `1a`, `hypernym/noun.animal`. */
  readonly relation: string;
  /** The category it belongs to, if any: relations of one category are near each other. */
  readonly parent: string | undefined;
  /** Further names by which `--exclude-relation` knows it, for the relation or its category. */
  readonly aliases: readonly string[];
  readonly positives: readonly WordPair[];
  readonly negatives: readonly WordPair[];
}

/** All pairs of relations, positives and negatives. */
export function pairsOf(relations: readonly RelationSet[]): WordPair[] {
  return relations.flatMap(({ positives, negatives }) => [...positives, ...negatives]);
}

/** Whether a file of pairs says their relations; by its first line. @throws DataError where that starts as JSON does and is not */
export function holdsRelations(data: DataFile): boolean {
  const line = linesOf(data)[0];
  const first = line?.text.trim() ?? '';
  if (line && first.startsWith('{')) return RELATION_NAMES.some((name) => name in jsonObject(line));
  if (isQuestionsWords(data.text)) return true;
  const fields = /\.csv$/i.test(data.file) ? firstRecord(data) : first.split('\t');
  const table = pairTableOf(fields);
  return table ? table.relation !== undefined : fields.length > 2;
}

function firstRecord(data: DataFile): readonly string[] {
  const reader = new CsvReader();
  for (const line of linesOf(data)) {
    const record = reader.push(line);
    if (record) return record.fields;
  }
  reader.end();
  return [];
}

/**
 * Relations of a file, by its first character: JSON lines (`{`; a relation a line, or a pair with its relation a line),
 * Google's questions-words.txt (`:`), or a table of pairs with their relations.
 *
 * @throws DataError that names file and line
 */
export function parseRelationSets(data: DataFile): RelationSet[] {
  const [first] = linesOf(data);
  if (first === undefined) throw new DataError(data.file, undefined, 'holds no relation');
  if (isQuestionsWords(data.text)) {
    return parseQuestionsWords(data).map(({ relation, pairs, line }) =>
      checkedSet(line, { relation, parent: undefined, positives: pairs, negatives: [] }),
    );
  }
  if (first.text.trimStart().startsWith('{') && !('head' in jsonObject(first))) return parseRelationLines(data);
  return relationsOfRows(data);
}

/**
 * JSON lines: `{"relation": "capital", "parent": "geography", "positives": [["Paris", "France"], ...], "negatives": [...]}`,
 * `parent` and `negatives` optional; also as the authors publish them, with `relation_type` for the name. Of their files
 * with several levels of relations, those of the level `child` are taken. A pair given twice counts once.
 *
 * @throws DataError that names the line for: no JSON object, no relation name, a name used twice, an empty relation, a
 *   relation with one positive, a pair that is both positive and negative; and for an empty file
 */
export function parseRelationLines(data: DataFile): RelationSet[] {
  const all = linesOf(data).map((line) => ({ line, value: jsonObject(line) }));
  const children = all.filter(({ value }) => value['level'] === 'child');
  const parsed = children.length > 0 ? children : all;
  if (parsed.length < all.length) {
    data.onNotice?.(`${data.file}: ${all.length - parsed.length} relations of other levels than child are left out`);
  }
  const lines = new Map<string, number>();
  const sets = parsed.map(({ line, value }) => {
    const { relation_type: type, relation: name = type, parent } = value;
    if (name === undefined) {
      throw lineError(line, 'expected a relation, {"relation": "capital", "positives": [["Paris", "France"], ...]}');
    }
    const relation = wordField(line, "'relation'", name);
    const earlier = lines.get(relation);
    if (earlier !== undefined) throw lineError(line, `relation '${relation}' was already given in line ${earlier}`);
    lines.set(relation, line.number);
    if (parent !== undefined && parent !== null && typeof parent !== 'string') {
      throw lineError(line, `'parent' should be a string, got ${excerpt(parent)}`);
    }
    const positives = pairsField(line, 'positives', value['positives'] ?? []);
    const negatives = pairsField(line, 'negatives', value['negatives'] ?? []);
    return checkedSet(line, { relation, parent: parent ?? undefined, positives, negatives });
  });
  if (sets.length === 0) throw new DataError(data.file, undefined, 'holds no relation');
  return sets;
}

/**
 * The relations of a table of pairs, without a header line `relation<TAB>head<TAB>tail`, a fourth field `positive` (the
 * default) or `negative` allowed, which is what {@link formatTrainPairs} writes.
 *
 * @throws DataError like {@link parseRelationLines}; what concerns a whole relation names its first line
 */
function relationsOfRows(data: DataFile): RelationSet[] {
  const rows = parseRelationRows(data, (table) => {
    const column = likelyRelationColumn(table);
    if (column === 'last') data.onNotice?.(`${data.file}: the last of the three columns is read as the relation`);
    return column;
  });
  const relations = new Map<string, { line: RelationRow['line']; positives: WordPair[]; negatives: WordPair[] }>();
  for (const { pair, relation, positive, line } of rows) {
    const entry = relations.get(relation) ?? { line, positives: [], negatives: [] };
    relations.set(relation, entry);
    (positive ? entry.positives : entry.negatives).push(pair);
  }
  return [...relations].map(([relation, { line, positives, negatives }]) =>
    checkedSet(line, { relation, parent: undefined, positives, negatives }),
  );
}

/** A relation with distinct pairs. @throws DataError where it is useless for training */
export function checkedSet(line: RelationRow['line'], given: Omit<RelationSet, 'aliases'>): RelationSet {
  const set: RelationSet = {
    ...given,
    aliases: aliasesOf(given.relation),
    positives: distinctPairs(given.positives),
    negatives: distinctPairs(given.negatives),
  };
  const problem = relationProblem(set);
  if (problem) throw lineError(line, problem);
  return set;
}

/** The names of SemEval relations and categories that a relation with this name belongs to, from any file. */
function aliasesOf(relation: string): readonly string[] {
  const semEval = SEMEVAL_RELATIONS.find(({ id }) => id === relation);
  return semEval ? semEvalAliases(semEval) : semEvalCategoryOf(relation);
}

/** What makes a relation useless for training, or undefined. */
export function relationProblem({ relation, positives, negatives }: RelationSet): string | undefined {
  if (positives.length === 0) return `relation '${relation}' is empty: it has no positive pair`;
  if (positives.length === 1) {
    return `relation '${relation}' has one positive pair only; an anchor needs another pair of its relation`;
  }
  const keys = new Set(positives.map(pairKey));
  const both = negatives.find((pair) => keys.has(pairKey(pair)));
  return both && `pair ${pairText(both)} of relation '${relation}' is both positive and negative`;
}

/** The pairs without repetitions, in their order; head and tail do not change places. */
export function distinctPairs(pairs: readonly WordPair[]): WordPair[] {
  return [...new Map(pairs.map((pair) => [pairKey(pair), pair])).values()];
}

/**
 * The relations of several sources together.
 *
 * @throws DataError where two of them have the same name; `source` is the file or the name of the data
 */
export function joinRelationSets(
  sources: readonly { readonly source: string; readonly relations: readonly RelationSet[] }[],
): RelationSet[] {
  const from = new Map<string, string>();
  return sources.flatMap(({ source, relations }) =>
    relations.map((set) => {
      const other = from.get(set.relation);
      if (other !== undefined) {
        throw new DataError(
          source,
          undefined,
          `relation '${set.relation}' also comes from ${other}; rename one of them`,
        );
      }
      from.set(set.relation, source);
      return set;
    }),
  );
}

/** One relation a line, the form that {@link parseRelationLines} reads. */
export function formatRelationLines(relations: readonly RelationSet[]): string {
  const pairs = (list: readonly WordPair[]) => list.map(({ head, tail }) => [head, tail]);
  return relations
    .map(({ relation, parent, positives, negatives }) => {
      const value = {
        relation,
        ...(parent !== undefined && { parent }),
        positives: pairs(positives),
        ...(negatives.length > 0 && { negatives: pairs(negatives) }),
      };
      return `${JSON.stringify(value)}\n`;
    })
    .join('');
}

/** `train-pairs.tsv`: the pairs a run trained on, one a line: relation, head, tail, `positive` or `negative`. */
export function formatTrainPairs(relations: readonly RelationSet[]): string {
  const lines = ['relation\thead\ttail\tlabel'];
  for (const { relation, positives, negatives } of relations) {
    for (const [label, pairs] of [
      ['positive', positives],
      ['negative', negatives],
    ] as const) {
      for (const { head, tail } of pairs) lines.push([relation, head, tail, label].map(withoutTabs).join('\t'));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The pairs of a `train-pairs.tsv`, positives and negatives; a single pair without a relation is one, too. */
export function parseTrainPairs(text: string): WordPair[] {
  const lines = text.split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, head, tail] = line.split('\t');
    return head !== undefined && tail !== undefined ? [{ head, tail }] : [];
  });
}

function withoutTabs(field: string): string {
  return field.replace(/[\t\r\n]+/g, ' ');
}
