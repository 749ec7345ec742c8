/** A setting that cannot be: out of range, or in contradiction with another. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}
