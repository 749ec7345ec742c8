/** Whether PostgreSQL stores a text: one without U+0000, and without half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
