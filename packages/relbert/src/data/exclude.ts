import { noticeHeader, type PairTable, pairTableOf } from '../pair/pair-table.ts';
import { DataError, type DataFile } from '../text/data-error.ts';
import { jsonObject, jsonValue } from '../text/json.ts';
import { type Line, lineError, linesOf } from '../text/lines.ts';
import { RelbertError } from '../text/relbert-error.ts';
import { isSat, parseAnalogyQuestions } from './analogy.ts';
import { batsPairs, isBats } from './bats.ts';
import { pairField, pairsField, wordField } from './pair-field.ts';
import { foldWord, PairSet } from './pair-set.ts';
import { isQuestionsWords, parseQuestionsWords } from './questions-words.ts';
import { type RelationSet, relationProblem } from './relation-set.ts';

/** A name given to `--exclude-relation` that no relation has. */
export class UnknownRelationError extends RelbertError {
  override readonly name = 'UnknownRelationError';
  readonly relation: string;
  /** All names that there are. */
  readonly names: readonly string[];

  constructor(relation: string, names: readonly string[]) {
    const shown = names.slice(0, 12).join(', ');
    super(`no relation or category is named '${relation}'; there are ${shown}${names.length > 12 ? ', ...' : ''}`);
    this.relation = relation;
    this.names = names;
  }
}

/** No relation remains to train on. */
export class NoRelationError extends RelbertError {
  override readonly name = 'NoRelationError';
}

/**
 * Leaves out relations by name or id, and whole categories: `1a`, `Taxonomic`, `1` or `Class Inclusion` (all of 1a … 1e,
 * and WordNet's hypernyms and instances), `hypernym`, `hypernym/noun.animal`. The whole name has to match (`1` is not
 * `10a`); case does not matter, and `-`, `_` and spaces are the same.
 *
 * @throws UnknownRelationError for a name that fits no relation, NoRelationError where no relation remains
 * @param further Relations from elsewhere whose names are valid too.
 */
export function excludeRelations(
  relations: readonly RelationSet[],
  names: readonly string[],
  further: readonly RelationSet[] = [],
): RelationSet[] {
  const valid = [...new Set([...relations, ...further].flatMap(namesOf))];
  for (const name of names) {
    if (!valid.some((other) => foldName(other) === foldName(name))) throw new UnknownRelationError(name, valid);
  }
  const kept = withoutRelations(relations, names);
  if (kept.length === 0) {
    throw new NoRelationError(
      `all ${relations.length} relations are excluded (${names.join(', ')}): none is left to train on`,
    );
  }
  return kept;
}

/** The relations that no name fits; the list may be empty. */
export function withoutRelations(relations: readonly RelationSet[], names: readonly string[]): RelationSet[] {
  const excluded = new Set(names.map(foldName));
  return relations.filter((set) => !namesOf(set).some((name) => excluded.has(foldName(name))));
}

function namesOf({ relation, parent, aliases }: RelationSet): string[] {
  return [relation, ...(parent ? [parent] : []), ...aliases];
}

function foldName(name: string): string {
  return foldWord(name.replaceAll('-', ' '));
}

/** What {@link excludePairs} did. */
export interface PairExclusion {
  readonly relations: readonly RelationSet[];
  /** Pairs left out. */
  readonly pairs: number;
  /** Relations dropped as a whole because too few of their positives remained. */
  readonly dropped: readonly string[];
}

/**
 * Leaves out every pair of the set, in either order. A relation with fewer than two remaining positives is
 * dropped.
 *
 * @throws NoRelationError where no relation remains
 */
export function excludePairs(relations: readonly RelationSet[], excluded: PairSet): PairExclusion {
  let pairs = 0;
  const dropped: string[] = [];
  const kept = relations.flatMap((set): RelationSet[] => {
    const positives = set.positives.filter((pair) => !excluded.has(pair));
    const negatives = set.negatives.filter((pair) => !excluded.has(pair));
    pairs += set.positives.length - positives.length + set.negatives.length - negatives.length;
    const rest = { ...set, positives, negatives };
    if (relationProblem(rest) === undefined) return [rest];
    dropped.push(set.relation);
    return [];
  });
  if (kept.length === 0) {
    throw new NoRelationError('every relation has fewer than two positives once the excluded pairs are left out');
  }
  return { relations: kept, pairs, dropped };
}

/**
 * Every pair that occurs in files of evaluation or training data, by the form of each line:
 * - analogy question `{"stem", "choice", ...}`: the stem and all choices, right and wrong;
 * - relation `{"relation", "positives", "negatives"}`: all of them;
 * - relation mapping `{"source", "target"}`: any two terms of one side;
 * - `["head", "tail"]` or `{"head", "tail"}`;
 * - tab-separated: `head tail`, `head tail relation` (lexical relations), `relation head tail` or
 *   `relation head tail label` (relations). The two forms of three fields cannot be told apart, so both readings of
 *   such a line are left out: a word beside the name of its relation is not a pair that anyone trains on;
 * - tab-separated below a header line, which names the columns: the words under `head` and `tail` alone;
 * - files of BATS 3.0, by their names; Google's questions-words.txt, and the SAT questions as Turney distributes them.
 *
 * @throws DataError that names the first line of another form, and for an empty file
 */
export function pairsOfFiles(files: readonly DataFile[]): PairSet {
  const pairs = new PairSet();
  for (const data of files) {
    const lines = linesOf(data);
    if (lines.length === 0) throw new DataError(data.file, undefined, 'holds no pair');
    if (isBats(data.file)) {
      for (const pair of batsPairs(data)) pairs.add(pair);
      continue;
    }
    if (isQuestionsWords(data.text)) {
      for (const section of parseQuestionsWords(data)) for (const pair of section.pairs) pairs.add(pair);
      continue;
    }
    if (isSat(data.text)) {
      for (const { stem, choices } of parseAnalogyQuestions(data))
        for (const pair of [stem, ...choices]) pairs.add(pair);
      continue;
    }
    const [first = { text: '' }] = lines;
    const table = /^\s*[[{]/.test(first.text) ? undefined : pairTableOf(first.text.split('\t'));
    for (const [i, line] of lines.entries()) {
      if (/^\s*[[{]/.test(line.text)) addJsonPairs(line, pairs);
      else if (!table) addTabPairs(line, pairs);
      else if (i === 0) noticeHeader(data.onNotice, line);
      else addNamedPair(line, table, pairs);
    }
  }
  return pairs;
}

function addJsonPairs(line: Line, pairs: PairSet): void {
  if (line.text.trimStart().startsWith('[')) {
    pairs.add(pairField(line, 'the line', jsonValue(line)));
    return;
  }
  const value = jsonObject(line);
  if ('stem' in value) {
    pairs.add(pairField(line, "'stem'", value['stem']));
    for (const pair of pairsField(line, 'choice', value['choice'])) pairs.add(pair);
  } else if ('positives' in value) {
    for (const pair of pairsField(line, 'positives', value['positives'])) pairs.add(pair);
    for (const pair of pairsField(line, 'negatives', value['negatives'] ?? [])) pairs.add(pair);
  } else if ('source' in value) {
    for (const side of ['source', 'target']) {
      const list = value[side];
      if (!Array.isArray(list)) throw lineError(line, `'${side}' should be a list of terms`);
      const terms = list.map((term: unknown) => wordField(line, `each term of '${side}'`, term));
      for (const [i, head] of terms.entries()) for (const tail of terms.slice(i + 1)) pairs.add({ head, tail });
    }
  } else if ('head' in value) {
    pairs.add(pairField(line, 'the pair', [value['head'], value['tail']]));
  } else {
    throw lineError(line, 'expected an analogy question, a relation, a mapping problem or a pair');
  }
}

function addNamedPair(line: Line, { head, tail, names }: PairTable, pairs: PairSet): void {
  const fields = line.text.split('\t').map((field) => field.trim());
  const [first = '', second = ''] = [fields[head], fields[tail]];
  if (fields.length !== names.length || first === '' || second === '') {
    throw lineError(
      line,
      `expected ${names.length} fields separated by tabs as the header line names them, words under ${names[head]} and ${names[tail]}, got '${line.text}'`,
    );
  }
  pairs.add({ head: first, tail: second });
}

function addTabPairs(line: Line, pairs: PairSet): void {
  const fields = line.text.split('\t').map((field) => field.trim());
  if (fields.length < 2 || fields.length > 4 || fields.includes('')) {
    throw lineError(
      line,
      `expected 2 to 4 fields separated by tabs (head tail, head tail relation, relation head tail), got '${line.text}'`,
    );
  }
  const [first = '', second = '', third] = fields;
  if (fields.length < 4) pairs.add({ head: first, tail: second });
  if (third !== undefined) pairs.add({ head: second, tail: third });
}
