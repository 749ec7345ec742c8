/** A damaged index, one of another model, or a question that it cannot answer; the message says what to do. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
}
