import { isSharedWordDiscount } from '../pair/shared-word.ts';
import { suggestion } from '../text/nearest-name.ts';
import { RelbertError } from '../text/relbert-error.ts';

/** An invalid setting: out of range, or in contradiction with another. */
export class OptionError extends RelbertError {
  override readonly name = 'OptionError';
}

/** @throws OptionError unless the value is a positive whole number */
export function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new OptionError(`${name} must be a positive whole number, got ${value}`);
}

/** @throws OptionError unless the value is a discount for shared words */
export function checkSharedWordDiscount(value: number): void {
  if (isSharedWordDiscount(value)) return;
  throw new OptionError(`sharedWordDiscount must be a number from 0 to 2, got ${value}`);
}

/** @throws OptionError for an option that there is not, with the near one; a mistyped name would be ignored silently */
export function checkOptionNames(options: object, known: Readonly<Record<string, true>>): void {
  const wrong = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (wrong === undefined) return;
  const names = Object.keys(known);
  throw new OptionError(`unknown option '${wrong}'${suggestion(wrong, names)}; options: ${names.join(', ')}`);
}
