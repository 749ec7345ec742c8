import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import { PairError } from './pair-error.ts';
import { checkedPair, type WordPair } from './word-pair.ts';

/**
 * A pair as a person writes it on the command line: `head:tail`, or JSON: `["head","tail"]` or
 * `{"head":"…","tail":"…"}`. Words keep their spaces inside, those around them are removed; JSON words are taken as
 * they stand.
 * @throws PairError where the text holds no pair, or a word holds ':' outside of JSON
 */
export function parsePair(text: string): WordPair {
  const trimmed = text.trim();
  if (looksLikeJson(trimmed)) {
    return parseJsonPair(trimmed, text.includes(':') ? '; a word that starts with [ or { must be written as JSON' : '');
  }
  const words = text.split(':').map((word) => word.trim());
  if (words.length > 2) {
    throw new PairError(
      `${excerpt(text)} has more than one ':': write a pair whose word holds ':' as JSON, ` +
        `'["head","tail"]', or put it in a file`,
    );
  }
  if (words.length < 2) {
    throw new PairError(`${excerpt(text)} is not a pair: expected head:tail, or JSON '["head","tail"]'`);
  }
  const [head = '', tail = ''] = words;
  return checkedPair(head, tail);
}

/** Whether a text is meant as a JSON pair: it starts as a JSON array or object does. */
export function looksLikeJson(text: string): boolean {
  return text.startsWith('[') || text.startsWith('{');
}

/**
 * A pair in JSON: `["head","tail"]` or `{"head":"…","tail":"…"}`; further members become columns.
 * @param hint What to do where it is not JSON, for the end of the message.
 * @throws PairError
 */
export function parseJsonPair(text: string, hint = ''): WordPair {
  const value = parseJson(text, (problem) => new PairError(problem + hint));
  if (Array.isArray(value)) {
    const words: readonly unknown[] = value;
    if (words.length !== 2) throw new PairError(`expected two words, got ${words.length === 1 ? 'one' : words.length}`);
    return checkedPair(word('head', words[0]), word('tail', words[1]));
  }
  if (!isJsonObject(value)) throw new PairError(`expected ["head","tail"] or {"head","tail"}, got ${excerpt(value)}`);
  const { head, tail, ...columns } = value;
  return checkedPair(word('head', head), word('tail', tail), columns);
}

function word(name: 'head' | 'tail', value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PairError(
    value === undefined ? `there is no "${name}"` : `the ${name} should be a string, got ${excerpt(value)}`,
  );
}
