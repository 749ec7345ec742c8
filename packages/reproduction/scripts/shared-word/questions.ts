import { crc32 } from 'node:zlib';
import type { PythonRandom } from './python-random.ts';

type Pair = readonly [head: string, tail: string];
type Kind = 'apart' | 'shared';
export interface SharedWordQuestion {
  readonly stem: Pair;
  readonly choice: readonly Pair[];
  readonly answer: number;
  readonly prefix: string;
}

/** Questions of one relation and kind. */
const MOST = 80;
/** Questions with the same head in the stem, beyond which no stem with it is taken. */
const PER_HEAD = 3;
const TRIES = 300;

/**
 * Questions in which words are shared, of all relations but those of unrelated pairs, sorted by relation and kind.
 * @param rows Head, tail and relation.
 * @param wanted Only stems whose head falls into that half.
 */
export function sharedWordQuestions(
  rows: readonly (readonly string[])[],
  random: PythonRandom,
  wanted: 'valid' | 'test' | undefined,
): SharedWordQuestion[] {
  const pairs = new Map<string, { readonly pair: Pair; readonly relations: string[] }>();
  for (const [head = '', tail = '', relation = ''] of rows) {
    const key = `${head}\t${tail}`;
    const entry = pairs.get(key) ?? { pair: [head, tail], relations: [] };
    if (!entry.relations.includes(relation)) entry.relations.push(relation);
    pairs.set(key, entry);
  }
  const relationsOf = ([head, tail]: Pair) => pairs.get(`${head}\t${tail}`)?.relations ?? [];
  const ofRelation = new Map<string, Pair[]>();
  const withWord = new Map<string, Pair[]>();
  for (const { pair, relations } of pairs.values()) {
    if (relations.length === 1) append(ofRelation, relations[0] as string, pair);
    for (const word of pair) append(withWord, word, pair);
  }

  const found = new Map<string, SharedWordQuestion[]>();
  const used = new Map<string, number>();
  const order = random.shuffle([...pairs.values()].map(({ pair }) => pair));
  const firstOf = (list: readonly Pair[], suits: (pair: Pair) => boolean): Pair | undefined => {
    for (let i = 0; i < TRIES; i++) {
      const pair = random.choice(list);
      if (suits(pair)) return pair;
    }
    return undefined;
  };
  for (const stem of order) {
    const [relation = '', second] = relationsOf(stem);
    const [head] = stem;
    if (second !== undefined || isRandom(relation) || !inHalf(head, wanted) || (used.get(head) ?? 0) >= PER_HEAD)
      continue;
    const sharing = random.shuffle([
      ...new Set(stem.flatMap((word) => withWord.get(word) ?? []).filter((pair) => !sameWords(pair, stem))),
    ]);
    const other = sharing.filter((pair) => !relationsOf(pair).includes(relation));
    const unrelated = (pair: Pair) => relationsOf(pair).every(isRandom);
    const wrong = [...other.filter((pair) => !unrelated(pair)), ...other.filter(unrelated)].slice(0, 2);
    if (wrong.length < 2) continue;
    const isApart = (pair: Pair) => !sharesWord(pair, stem);
    const stranger = firstOf(order, (pair) => {
      const relations = relationsOf(pair);
      return isApart(pair) && !relations.includes(relation) && !isRandom(relations[0] as string);
    });
    const rights: readonly (readonly [Kind, Pair | undefined])[] = [
      ['apart', firstOf(ofRelation.get(relation) ?? [], isApart)],
      ['shared', sharing.find((pair) => relationsOf(pair).length === 1 && relationsOf(pair)[0] === relation)],
    ];
    for (const [kind, right] of rights) {
      const prefix = `${relation}/${kind}`;
      if (!right || !stranger || (found.get(prefix)?.length ?? 0) >= MOST) continue;
      const choice = random.shuffle([right, ...wrong, stranger]);
      used.set(head, (used.get(head) ?? 0) + 1);
      append(found, prefix, { stem, choice, answer: choice.indexOf(right), prefix });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, members]) => members);
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The name of a class of unrelated pairs. */
function isRandom(relation: string): boolean {
  return /rand/i.test(relation) || relation.toLowerCase() === 'false';
}

function inHalf(head: string, wanted: 'valid' | 'test' | undefined): boolean {
  return wanted === undefined || (crc32(head.toLowerCase()) % 2 === 0 ? 'valid' : 'test') === wanted;
}

function lower(pair: Pair): string[] {
  return pair.map((word) => word.toLowerCase());
}

function sharesWord(a: Pair, b: Pair): boolean {
  return lower(a).some((word) => lower(b).includes(word));
}

function sameWords(a: Pair, b: Pair): boolean {
  return lower(a).every((word) => lower(b).includes(word)) && lower(b).every((word) => lower(a).includes(word));
}

/** A question as Python's json.dumps writes it: a space after each comma and colon. */
export function questionLine({ stem, choice, answer, prefix }: SharedWordQuestion): string {
  const list = (items: readonly string[]) => `[${items.join(', ')}]`;
  const words = (pair: Pair) => list(pair.map((word) => JSON.stringify(word)));
  return `{"stem": ${words(stem)}, "choice": ${list(choice.map(words))}, "answer": ${answer}, "prefix": ${JSON.stringify(prefix)}}`;
}
