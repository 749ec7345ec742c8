/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A value as a checkpoint holds it: through text, so that what is undefined is not there. */
export function plainJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** A checkpoint of another configuration; the message shows each difference. */
export class ConfigurationMismatchError extends Error {
  override readonly name = 'ConfigurationMismatchError';
  readonly differences: readonly string[];

  constructor(differences: readonly string[]) {
    super(
      `the checkpoint was written by a run with other settings, so it cannot be resumed with these:\n${differences
        .map((difference) => `  ${difference}`)
        .join('\n')}\nrepeat the settings of that run, or start anew in another folder`,
    );
    this.differences = differences;
  }
}

/** @throws ConfigurationMismatchError where two configurations differ */
export function checkSameConfiguration(before: Json | undefined, now: Json | undefined): void {
  const differences = configurationDifferences(before, now);
  if (differences.length > 0) throw new ConfigurationMismatchError(differences);
}

/** `path: was 1, now 2` for each place where two configurations differ. */
export function configurationDifferences(before: Json | undefined, now: Json | undefined, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => configurationDifferences(before[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length) {
    return before.flatMap((item, i) => configurationDifferences(item as Json, now[i] as Json, `${path}[${i}]`));
  }
  return JSON.stringify(before) === JSON.stringify(now) ? [] : [`${path}: was ${shown(before)}, now ${shown(now)}`];
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'not given' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
