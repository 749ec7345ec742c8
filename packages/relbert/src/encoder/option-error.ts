import { suggestion } from '../text/nearest-name.ts';
import { RelbertError } from '../text/relbert-error.ts';

/** A setting that cannot be: out of range, or in contradiction with another. */
export class OptionError extends RelbertError {
  override readonly name = 'OptionError';
}

/** @throws OptionError for an option that there is not, with the near one; a mistyped name would be ignored silently */
export function checkOptionNames(options: object, known: Readonly<Record<string, true>>): void {
  const names = Object.keys(known);
  const wrong = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (wrong === undefined) return;
  throw new OptionError(`unknown option '${wrong}'${suggestion(wrong, names)}; options: ${names.join(', ')}`);
}
