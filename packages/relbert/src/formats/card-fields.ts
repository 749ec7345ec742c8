/** The fields at the head of a model card: YAML between two lines of `---`, as the hub reads it. */
export interface CardFields {
  /** Its value, or the first of its list; undefined where there is none. */
  field(name: string): string | undefined;
  /** What follows the fields. */
  readonly body: string;
}

/** Reads the values of single lines and of lists of these; undefined where a card does not begin with fields. */
export function cardFields(card: string): CardFields | undefined {
  const [, head, body = ''] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n([\s\S]*))?$/.exec(card) ?? [];
  if (head === undefined) return undefined;
  const field = (name: string): string | undefined => {
    const line = new RegExp(`^${name}:[ \\t]*(?:\\r?\\n[ \\t]*-[ \\t]*)?(\\S[^\\r\\n]*)`, 'm').exec(head)?.[1];
    const first = line?.replace(/[ \t]#.*$/, '').match(/^\[([^,\]]*)|^.*/);
    const value = (first?.[1] ?? first?.[0])?.trim().replace(/^(["'])(.*)\1$/, '$2');
    return value || undefined;
  };
  return { field, body };
}
