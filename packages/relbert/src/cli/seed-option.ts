import { InvalidArgumentError } from 'commander';

/** The value of `--seed`: a whole number from 0 upward. */
export function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('Expected a whole number from 0 upward.');
  }
  return value;
}
