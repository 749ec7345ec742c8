/** Word pairs as the page writes them: in fields, in links and in sentences. */

export type Pair = readonly [head: string, tail: string];

/** `head:tail`, or JSON where a word has a colon: what a link holds, and what the command line takes. */
export function pairText([head, tail]: Pair): string {
  return head.includes(':') || head.startsWith('[') ? JSON.stringify([head, tail]) : `${head}:${tail}`;
}

/** The reverse of {@link pairText}; a text without a colon is a head alone. */
export function parsePair(text: string): Pair {
  if (text.startsWith('[')) {
    try {
      const [head, tail] = JSON.parse(text) as unknown[];
      if (typeof head === 'string' && typeof tail === 'string') return [head, tail];
    } catch {
      // A link that was cut: taken as it stands.
    }
  }
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

export function isComplete([head, tail]: Pair): boolean {
  return head.trim() !== '' && tail.trim() !== '';
}

export function trimmed([head, tail]: Pair): Pair {
  return [head.trim(), tail.trim()];
}

/** So many own pairs does the map show. */
export const mostOwn = 8;

/** The pairs that an address asks the map to place: complete, trimmed and different, as those that are typed there. */
export function ownPairs(texts: readonly string[]): Pair[] {
  const pairs = texts.map(parsePair).filter(isComplete).map(trimmed);
  return [...new Map(pairs.map((pair) => [pairText(pair), pair])).values()].slice(0, mostOwn);
}

/** The words that two pairs have in common, without regard to case. */
export function sharedWords(a: Pair, b: Pair): string[] {
  const words = (pair: Pair) => pair.flatMap((word) => word.toLowerCase().split(/\s+/));
  const others = new Set(words(b));
  return [...new Set(words(a))].filter((word) => word !== '' && others.has(word));
}
