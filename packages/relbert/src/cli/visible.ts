/** Text that may come from a file, made safe for a terminal. */

/** The text with control characters as escapes (`\u001b`), so that none can steer a terminal or start a line. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

/** As {@link visible}, but line ends, tabs and colours stay: for results on a terminal. */
export function visibleResult(text: string): string {
  return text.replace(/\p{Cc}(\[[\d;]*m)?/gu, (match: string, style: string | undefined) => {
    const character = match.charAt(0);
    const harmless = character === '\n' || character === '\t' || (character === '\x1b' && style !== undefined);
    return harmless ? match : `${escaped(character)}${style ?? ''}`;
  });
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
