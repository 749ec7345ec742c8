import type { WordPair } from '../pair/word-pair.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { excerpt, jsonObject, type Line, lineError, linesOf } from '../text/line.ts';
import { pairsField, wordField } from './pair-field.ts';
import { SEMEVAL_RELATIONS, semEvalAliases, semEvalCategoryOf } from './semeval-taxonomy.ts';

/** A relation to train on: pairs that stand in it and, where there are any, pairs that only seem to. */
export interface RelationSet {
  /** Its name, unique in a run: `1a`, `hypernym/noun.animal`. */
  readonly relation: string;
  /** The category it belongs to, if any: relations of one category are near each other. */
  readonly parent: string | undefined;
  /** Further names by which `--exclude-relation` knows it, of itself or of a category. */
  readonly aliases: readonly string[];
  readonly positives: readonly WordPair[];
  readonly negatives: readonly WordPair[];
}

/** All pairs of relations, positives and negatives. */
export function pairsOf(relations: readonly RelationSet[]): WordPair[] {
  return relations.flatMap(({ positives, negatives }) => [...positives, ...negatives]);
}

/** Relations of a JSON lines file (first character `{`) or of a tab-separated one. */
export function parseRelationSets(data: DataFile): RelationSet[] {
  return /^\uFEFF?\s*\{/.test(data.text) ? parseRelationLines(data) : parseRelationTable(data);
}

/**
 * JSON lines: `{"relation": "capital", "parent": "geography", "positives": [["Paris", "France"], ...], "negatives": [...]}`,
 * `parent` and `negatives` optional. A pair given twice counts once.
 *
 * Throws DataError that names the line for: no JSON object, no relation name, a name used twice, an empty relation,
 * a relation with one positive, a pair that is both positive and negative; and for an empty file.
 */
export function parseRelationLines(data: DataFile): RelationSet[] {
  const lines = new Map<string, number>();
  const sets = linesOf(data).map((line) => {
    const value = jsonObject(line);
    const relation = wordField(line, "'relation'", value['relation']);
    const earlier = lines.get(relation);
    if (earlier !== undefined) throw lineError(line, `relation '${relation}' was already given in line ${earlier}`);
    lines.set(relation, line.number);
    const { parent } = value;
    if (parent !== undefined && parent !== null && typeof parent !== 'string') {
      throw lineError(line, `'parent' should be a string, got ${excerpt(parent)}`);
    }
    const positives = pairsField(line, 'positives', value['positives'] ?? []);
    const negatives = pairsField(line, 'negatives', value['negatives'] ?? []);
    return checkedSet(line, relation, parent ?? undefined, positives, negatives);
  });
  if (sets.length === 0) throw new DataError(data.file, undefined, 'holds no relation');
  return sets;
}

const LABELS = ['positive', 'negative'];

/**
 * Lines `relation<TAB>head<TAB>tail`, a fourth field `positive` (the default) or `negative` allowed, which is what
 * {@link formatTrainPairs} writes. A first line with these column names is passed over.
 *
 * Throws DataError like {@link parseRelationLines}; what concerns a whole relation names its first line.
 */
function parseRelationTable(data: DataFile): RelationSet[] {
  const relations = new Map<string, { line: Line; positives: WordPair[]; negatives: WordPair[] }>();
  for (const [i, line] of linesOf(data).entries()) {
    const fields = line.text.split('\t').map((field) => field.trim());
    if (fields.length !== 3 && fields.length !== 4) {
      throw lineError(line, `expected 3 fields separated by tabs (relation, head, tail), got ${fields.length}`);
    }
    const [relation = '', head = '', tail = '', label = 'positive'] = fields;
    if (i === 0 && relation === 'relation' && head === 'head' && tail === 'tail') continue;
    const empty = ['relation', 'head', 'tail'].find((_, at) => fields[at] === '');
    if (empty) throw lineError(line, `the ${empty} is empty`);
    if (!LABELS.includes(label)) throw lineError(line, `the label should be positive or negative, got '${label}'`);
    const entry = relations.get(relation) ?? { line, positives: [], negatives: [] };
    relations.set(relation, entry);
    (label === 'positive' ? entry.positives : entry.negatives).push({ head, tail });
  }
  if (relations.size === 0) throw new DataError(data.file, undefined, 'holds no relation');
  return [...relations].map(([relation, { line, positives, negatives }]) =>
    checkedSet(line, relation, undefined, positives, negatives),
  );
}

function checkedSet(
  line: Line,
  relation: string,
  parent: string | undefined,
  positives: readonly WordPair[],
  negatives: readonly WordPair[],
): RelationSet {
  const set: RelationSet = {
    relation,
    parent,
    aliases: knownAliases(relation),
    positives: distinctPairs(positives),
    negatives: distinctPairs(negatives),
  };
  const problem = relationProblem(set);
  if (problem) throw lineError(line, problem);
  return set;
}

/** The names of SemEval relations and categories that a relation with this name belongs to, in whatever file it is. */
function knownAliases(relation: string): readonly string[] {
  const semEval = SEMEVAL_RELATIONS.find(({ id }) => id === relation);
  return semEval ? semEvalAliases(semEval) : semEvalCategoryOf(relation);
}

/** What makes a relation useless for training, or undefined. */
export function relationProblem({ relation, positives, negatives }: RelationSet): string | undefined {
  if (positives.length === 0) return `relation '${relation}' is empty: it has no positive pair`;
  if (positives.length === 1) {
    return `relation '${relation}' has one positive pair only; an anchor needs another pair of its relation`;
  }
  const keys = new Set(positives.map(orderedKey));
  const both = negatives.find((pair) => keys.has(orderedKey(pair)));
  return both && `pair ${excerpt([both.head, both.tail])} of relation '${relation}' is both positive and negative`;
}

/** The pairs without repetitions, in their order; head and tail do not change places. */
export function distinctPairs(pairs: readonly WordPair[]): WordPair[] {
  return [...new Map(pairs.map((pair) => [orderedKey(pair), pair])).values()];
}

function orderedKey({ head, tail }: WordPair): string {
  return JSON.stringify([head, tail]);
}

/**
 * The relations of several sources together. Throws DataError where two of them have the same name; `source` is
 * the file or the name of the data.
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
