/** Text that may come from a file, made safe for a terminal. */

/** The text with control characters as escapes (`\u001b`), so that none can steer a terminal or start a line. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

/** Longest message of an error, in characters. */
const MAX_MESSAGE = 1000;

/** The message of an error: visible, line ends as spaces, and cut in its middle where it is very long. */
export function oneLine(text: string): string {
  const line = visible(text.replace(/\s*[\r\n\u2028\u2029]\s*/gu, ' '));
  if (line.length <= MAX_MESSAGE) return line;
  return `${line.slice(0, MAX_MESSAGE * 0.75)} ... ${line.slice(-MAX_MESSAGE * 0.2)}`;
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
