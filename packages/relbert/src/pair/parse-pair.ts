import { excerpt } from '../text/excerpt.ts';
import { PairError, type PairPlace } from './pair-error.ts';
import type { WordPair } from './word-pair.ts';

/**
 * A pair as a person writes it on the command line: `head:tail`, or JSON: `["head","tail"]` or
 * `{"head":"…","tail":"…"}`. Words keep their spaces inside, those around them are removed; JSON words are taken as
 * they stand.
 * @throws PairError where the text holds no pair, or a word holds ':' outside of JSON
 */
export function parsePair(text: string): WordPair {
  const trimmed = text.trim();
  if (looksLikeJson(trimmed)) return parseJsonPair(trimmed);
  const words = text.split(':').map((word) => word.trim());
  if (words.length > 2) {
    throw new PairError(
      `${JSON.stringify(text)} has more than one ':': write a pair whose word holds ':' as JSON, ` +
        `'["head","tail"]', or put it in a file`,
    );
  }
  if (words.length < 2) {
    throw new PairError(`${JSON.stringify(text)} is not a pair: expected head:tail, or JSON '["head","tail"]'`);
  }
  const [head = '', tail = ''] = words;
  return checkedPair(head, tail, undefined);
}

/** Whether a text is meant as a JSON pair: it starts as a JSON array or object does. */
export function looksLikeJson(text: string): boolean {
  return text.startsWith('[') || text.startsWith('{');
}

/**
 * A pair in JSON: `["head","tail"]` or `{"head":"…","tail":"…"}` (further members are ignored).
 * @throws PairError
 */
export function parseJsonPair(text: string, place?: PairPlace): WordPair {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PairError(`not JSON: ${error instanceof Error ? error.message : String(error)}`, place);
  }
  if (Array.isArray(value)) {
    const words: readonly unknown[] = value;
    checkCount(words.length, place);
    return checkedPair(word('head', words[0], place), word('tail', words[1], place), place);
  }
  if (typeof value === 'object' && value !== null) {
    const { head, tail } = value as { readonly head?: unknown; readonly tail?: unknown };
    return checkedPair(word('head', head, place), word('tail', tail, place), place);
  }
  throw new PairError(`expected ["head","tail"] or {"head","tail"}, got ${excerpt(value)}`, place);
}

/** Throws where a line or list has not two words. */
export function checkCount(count: number, place: PairPlace | undefined): void {
  if (count === 2) return;
  throw new PairError(`expected two words, got ${count === 1 ? 'one' : count}`, place);
}

/** The pair, if neither word is blank. */
export function checkedPair(head: string, tail: string, place: PairPlace | undefined): WordPair {
  if (head.trim() === '') throw new PairError('the head word is blank', place);
  if (tail.trim() === '') throw new PairError('the tail word is blank', place);
  return { head, tail };
}

function word(name: 'head' | 'tail', value: unknown, place: PairPlace | undefined): string {
  if (typeof value === 'string') return value;
  throw new PairError(
    value === undefined ? `there is no "${name}"` : `the ${name} should be a string, got ${excerpt(value)}`,
    place,
  );
}
