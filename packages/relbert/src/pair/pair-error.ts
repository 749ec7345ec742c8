/** A text or a value that does not hold a word pair. */
export class PairError extends Error {
  override readonly name = 'PairError';
}
