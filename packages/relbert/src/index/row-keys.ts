/** @file Under what a row can be found without its vector: its words and the values of its columns. */
import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';

/** The identity of a row: the pair with its columns, whatever their order. */
export function rowKey(pair: WordPair): string {
  const { columns = {} } = pair;
  const names = Object.keys(columns).sort();
  return pairKey(pair) + (names.length > 0 ? JSON.stringify(names.map((name) => [name, columns[name]])) : '');
}

/** The key of a word that occurs in the head or the tail. */
export function wordKey(word: string): string {
  return `w\0${word}`;
}

/** The key of a value of `head`, `tail` or a further column. */
export function columnKey(column: string, value: string): string {
  return `c\0${column}\0${value}`;
}

/** What all keys of a column begin with. */
export function columnPrefix(column: string): string {
  return columnKey(column, '');
}

/** All keys of a pair, each once. A column that holds a list or an object is stored, and has no key. */
export function keysOf(pair: WordPair): Set<string> {
  const keys = new Set<string>([columnKey('head', pair.head), columnKey('tail', pair.tail)]);
  for (const word of wordsOf(pair)) keys.add(wordKey(word));
  for (const [column, value] of Object.entries(pair.columns ?? {})) {
    if (typeof value !== 'object' || value === null) keys.add(columnKey(column, String(value)));
  }
  return keys;
}

/** The words of a pair, without regard to case: "New York" has two. A pair without a letter has its texts as words. */
export function wordsOf({ head, tail }: WordPair): Set<string> {
  const words = new Set<string>();
  for (const text of [head, tail]) {
    const folded = text.normalize('NFC').toLowerCase();
    const parts = folded.split(/[\s_-]+/u).filter((part) => part !== '');
    for (const part of parts.length > 0 ? parts : [folded]) words.add(part);
  }
  return words;
}
