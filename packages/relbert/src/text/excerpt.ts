/** A value as a message shows it: JSON where it has that form, at most 60 characters. */
export function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = jsonText(value) ?? plainText(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a circle, a BigInt, or nested beyond the stack
  }
}

function plainText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value without a text';
  }
}
